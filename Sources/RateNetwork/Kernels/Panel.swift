/// Owns the memory of panels and of other float buffers: aligned to a cache line, zeroed, freed together.
/// Whatever points into it must not outlive it.
final class Arena {
  private var blocks: [UnsafeMutableRawPointer] = []

  func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
    let block = UnsafeMutableRawPointer.allocate(
      byteCount: max(1, count) * MemoryLayout<Float>.stride, alignment: 64)
    blocks.append(block)
    let floats = block.bindMemory(to: Float.self, capacity: count)
    floats.initialize(repeating: 0, count: count)
    return floats
  }

  /// A panel for `rows` features and `columns` columns, followed by at least `slack` columns of zeros.
  func panel(rows: Int, columns: Int, slack: Int = 0, holdsOneChunk: Bool = false) -> Panel {
    // An odd number of cache lines from row to row spreads the rows of a block over all sets of the cache.
    let lines = roundUp(columns + slack, to: 16) / 16
    let stride = (lines | 1) * 16
    let start = floats(roundUp(rows, to: Panel.rowBlock) * stride)
    return Panel(start: start, stride: stride, holdsOneChunk: holdsOneChunk)
  }

  deinit {
    for block in blocks { block.deallocate() }
  }
}

/// A matrix of features x columns, one row for each feature; a column is one trial in one bin, bins outermost.
/// Rows are padded to a multiple of `rowBlock`, so that kernels work on whole blocks; what stands in the rows
/// of the padding is finite and never read as a feature.
struct Panel {
  static let rowBlock = 4

  let start: UnsafeMutablePointer<Float>
  /// Floats from one row to the next.
  let stride: Int
  /// Whether it has room for one chunk of columns only, used again for every chunk.
  let holdsOneChunk: Bool

  /// The panel from this column on; one that holds one chunk begins with it anyway.
  @inline(__always) func from(column: Int) -> Panel {
    Panel(start: holdsOneChunk ? start : start + column, stride: stride, holdsOneChunk: holdsOneChunk)
  }

  @inline(__always) func address(row: Int, column: Int) -> UnsafeMutablePointer<Float> {
    start + (row &* stride &+ column)
  }
}

func roundUp(_ value: Int, to multiple: Int) -> Int { (value + multiple - 1) / multiple * multiple }

/// A small matrix laid out for `multiply`: for each block of four rows, the four numbers of one depth after
/// the other. Rows are padded with zeros.
struct PackedMatrix {
  let rows: Int
  let depth: Int
  private let start: UnsafeMutablePointer<Float>

  init(rows: Int, depth: Int, in arena: Arena) {
    self.rows = rows
    self.depth = depth
    start = arena.floats(roundUp(rows, to: Panel.rowBlock) * depth)
  }

  /// Copies a matrix whose element (row, k) lies at `row * rowStride + k * depthStride`.
  func pack(_ source: UnsafePointer<Float>, rowStride: Int, depthStride: Int) {
    for row in 0..<rows {
      let target = start + (row / 4 * 4 * depth + row % 4)
      for k in 0..<depth { target[4 &* k] = source[row &* rowStride &+ k &* depthStride] }
    }
  }

  @inline(__always) func block(_ firstRow: Int) -> UnsafePointer<Float> {
    UnsafePointer(start + firstRow &* depth)
  }
}

/// Sums of four rows in one vector of columns.
private struct FourRows<L: Lanes> {
  var a = L(spreading: 0)
  var b = L(spreading: 0)
  var c = L(spreading: 0)
  var d = L(spreading: 0)

  @inline(__always) init() {}

  @inline(__always) mutating func add(_ columns: L, times weights: UnsafePointer<Float>) {
    a = a.adding(columns, times: L(spreading: weights[0]))
    b = b.adding(columns, times: L(spreading: weights[1]))
    c = c.adding(columns, times: L(spreading: weights[2]))
    d = d.adding(columns, times: L(spreading: weights[3]))
  }

  @inline(__always) func store<E: Epilogue>(_ finish: E, to target: Panel, row: Int, column: Int) {
    finish(a, row: row, column: column).store(to: target.address(row: row, column: column))
    finish(b, row: row + 1, column: column).store(to: target.address(row: row + 1, column: column))
    finish(c, row: row + 2, column: column).store(to: target.address(row: row + 2, column: column))
    finish(d, row: row + 3, column: column).store(to: target.address(row: row + 3, column: column))
  }
}

/// target = finish(matrix * source) in the first `columns` columns, a multiple of eight.
///
/// Each column's sum runs over the depth in order, whatever the number of columns: a trial's result does not
/// depend on the trials beside it.
/// - Parameter depth: how many of the matrix's columns count: all, or none.
func multiply<E: Epilogue>(
  _ matrix: PackedMatrix, _ source: Panel, into target: Panel, columns: Int, depth: Int, finish: E
) {
  var column = 0
  // As many sums at once as there are registers for, less what a turn loads.
  func advance<L: Lanes>(by _: L.Type) {
    while column + L.count <= columns {
      multiplyStrip(L.self, matrix, source, into: target, column: column, depth: depth, finish: finish)
      column += L.count
    }
  }
  typealias ThirtyTwo = Pair<SIMD16<Float>, SIMD16<Float>>
  if Registers.floats == 16 {
    advance(by: Pair<ThirtyTwo, ThirtyTwo>.self)
    advance(by: ThirtyTwo.self)
  }
  if Registers.floats >= 8 {
    // One bin of 17 to 24 trials, a usual number.
    advance(by: Pair<SIMD16<Float>, SIMD8<Float>>.self)
    advance(by: SIMD16<Float>.self)
  }
  advance(by: SIMD8<Float>.self)
}

@inline(__always)
private func multiplyStrip<L: Lanes, E: Epilogue>(
  _: L.Type, _ matrix: PackedMatrix, _ source: Panel, into target: Panel, column: Int, depth: Int, finish: E
) {
  for row in stride(from: 0, to: matrix.rows, by: Panel.rowBlock) {
    var sums = FourRows<L>()
    var weights = matrix.block(row)
    var values = UnsafePointer(source.start + column)
    for _ in 0..<depth {
      sums.add(L(loading: values), times: weights)
      weights += Panel.rowBlock
      values += source.stride
    }
    sums.store(finish, to: target, row: row, column: column)
  }
}

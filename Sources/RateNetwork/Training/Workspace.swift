/// All memory that a network needs for one block of sequences, allocated once.
///
/// The phases work in chunks of columns that stay in the cache; panels that are needed only within a chunk
/// have room for one chunk.
final class Workspace {
  /// Columns that one chunk holds; a multiple of 64. The smaller it is, the more often the weights' gradients
  /// sum up lanes; the larger, the more it holds of the cache.
  static let chunk = 1024

  /// Floats that a panel may hold to be kept for the way back rather than worked out again.
  static let largestKept = 1 << 19

  let shape: NetworkShape
  let offsets: ParameterOffsets
  let bins: Int
  let trials: Int
  /// Columns of one bin: the trials, padded to a multiple of eight.
  let lanes: Int
  /// Columns that kernels work on: all bins' lanes, padded to a multiple of 16.
  let length: Int

  private let arena = Arena()
  let inputs: Panel
  let labels: Panel
  /// One row: 1 where a column is a trial, 0 in the padding.
  let columnMask: Panel
  /// Whole where gradients will be asked for and it is small; otherwise worked out again on the way back.
  let encoderInner: Panel
  let encoded: Panel
  let states0: Panel
  let states1: Panel
  let decoderInner: Panel
  /// The outputs, or their differences from the labels.
  let outputs: Panel
  let weights: PackedWeights
  /// What only training needs.
  let training: TrainingPanels?
  let dropout: DropoutPanels?

  /// - Parameters:
  ///   - trains: whether gradients will be asked for.
  ///   - drops: whether dropout will be used.
  ///   - hasLabels: whether there are labels to compare with.
  init(
    shape: NetworkShape, bins: Int, trials: Int, trains: Bool = false, drops: Bool = false,
    hasLabels: Bool = true
  ) {
    precondition(bins >= 1 && trials >= 1, "a network needs at least one bin of one trial")
    self.shape = shape
    offsets = ParameterOffsets(shape)
    self.bins = bins
    self.trials = trials
    let lanes = roundUp(trials, to: 8)
    let length = roundUp(bins * lanes, to: 16)
    self.lanes = lanes
    self.length = length
    let arena = self.arena
    // The gradient of the recurrent weights reads up to eight columns behind the last bin.
    func whole(_ rows: Int) -> Panel { arena.panel(rows: rows, columns: length, slack: 16) }
    func chunk(_ rows: Int) -> Panel {
      arena.panel(rows: rows, columns: min(Self.chunk, length), holdsOneChunk: true)
    }
    inputs = whole(shape.inputs)
    labels = hasLabels ? whole(shape.outputs) : chunk(0)
    columnMask = whole(1)
    let keepsInner = trains && shape.encoderWidth * length <= Self.largestKept
    encoderInner = keepsInner ? whole(shape.encoderWidth) : chunk(shape.encoderWidth)
    encoded = trains ? whole(shape.hidden) : chunk(shape.hidden)
    states0 = whole(shape.hidden)
    states1 = whole(shape.hidden)
    decoderInner = chunk(shape.decoderWidth)
    outputs = chunk(shape.outputs)
    weights = PackedWeights(shape, trains: trains, in: arena)
    training =
      trains
      ? TrainingPanels(
        gradients0: whole(shape.hidden), gradients1: whole(shape.hidden),
        decoderInner: chunk(shape.decoderWidth), encoderInner: chunk(shape.encoderWidth),
        encoded: chunk(shape.hidden))
      : nil
    dropout =
      drops
      ? DropoutPanels(
        encoderMask: whole(shape.hidden), betweenMask: whole(shape.hidden), masked: chunk(shape.hidden))
      : nil
    for bin in 0..<bins {
      for trial in 0..<trials { columnMask.start[bin * lanes + trial] = 1 }
    }
  }

  /// Calls `body` with the first column and the number of columns of each chunk.
  @inline(__always)
  func forEachChunk(_ body: (_ column: Int, _ count: Int) -> Void) {
    for column in stride(from: 0, to: length, by: Self.chunk) {
      body(column, min(Self.chunk, length - column))
    }
  }

  /// Copies some trials of sequences into a panel of this workspace's columns.
  func load(_ sequences: Sequences, trials chosen: [Int]? = nil, into panel: Panel) {
    precondition(sequences.bins == bins && (chosen?.count ?? sequences.trials) == trials)
    sequences.values.withUnsafeBufferPointer { values in
      for bin in 0..<bins {
        for lane in 0..<trials {
          let trial = chosen?[lane] ?? lane
          let source = (bin * sequences.trials + trial) * sequences.features
          let target = panel.start + (bin * lanes + lane)
          for feature in 0..<sequences.features { target[feature * panel.stride] = values[source + feature] }
        }
      }
    }
  }

  /// Copies `count` columns of a panel, which begin at `column` of the workspace, into sequences.
  func unload(_ panel: Panel, column: Int, count: Int, into sequences: inout Sequences) {
    let features = sequences.features
    sequences.values.withUnsafeMutableBufferPointer { values in
      for offset in 0..<count {
        let (bin, lane) = (column + offset).quotientAndRemainder(dividingBy: lanes)
        guard bin < bins, lane < trials else { continue }
        let target = (bin * trials + lane) * features
        for feature in 0..<features {
          values[target + feature] = panel.start[feature * panel.stride + offset]
        }
      }
    }
  }
}

/// Panels for the gradients by what a layer sums up.
struct TrainingPanels {
  /// First by the states, then by the sums inside the tanh, of each recurrent layer.
  let gradients0: Panel
  let gradients1: Panel
  let decoderInner: Panel
  let encoderInner: Panel
  let encoded: Panel
}

/// Dropout's factors behind the encoder and between the recurrent layers, and one chunk of what comes out
/// behind them: it is worked out again on the way back, which costs less than to keep it.
struct DropoutPanels {
  let encoderMask: Panel
  let betweenMask: Panel
  let masked: Panel
}

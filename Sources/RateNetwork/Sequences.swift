/// A block of sequences: (bins, trials, features), row-major, as PyTorch's (seq_len, batch, input_size).
public struct Sequences: Equatable, Sendable {
  public let bins: Int
  public let trials: Int
  public let features: Int
  /// `bins * trials * features` numbers.
  public var values: [Float]

  public init(bins: Int, trials: Int, features: Int, values: [Float]) {
    precondition(bins >= 0 && trials >= 0 && features >= 0 && values.count == bins * trials * features)
    self.bins = bins
    self.trials = trials
    self.features = features
    self.values = values
  }

  /// These trials alone, in the order given.
  public func selecting(trials chosen: [Int]) -> Sequences {
    var selected: [Float] = []
    selected.reserveCapacity(bins * chosen.count * features)
    for bin in 0..<bins {
      for trial in chosen {
        precondition(trial >= 0 && trial < trials, "trial \(trial) of \(trials)")
        let start = (bin * trials + trial) * features
        selected += values[start..<start + features]
      }
    }
    return Sequences(bins: bins, trials: chosen.count, features: features, values: selected)
  }
}

/// Mean of the squared differences over all elements; the two must have the same shape.
public func meanSquaredError(_ outputs: Sequences, _ labels: Sequences) -> Float {
  precondition(
    outputs.bins == labels.bins && outputs.trials == labels.trials && outputs.features == labels.features,
    "outputs and labels must have the same shape")
  var sum = 0.0
  for (output, label) in zip(outputs.values, labels.values) {
    let difference = Double(output - label)
    sum += difference * difference
  }
  return Float(sum / Double(outputs.values.count))
}

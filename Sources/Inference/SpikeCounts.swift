/// Binned spikes: how often each unit fired in each bin of each trial.
///
/// Everything that is inferred comes from one value of this type. It need not be one taste: `pooled`
/// strings tastes together, one trial after another.
public struct SpikeCounts: Equatable, Sendable {
  public let trials: Int
  public let units: Int
  public let bins: Int
  /// Spikes per bin, (trials, units, bins) in row-major order, none negative.
  public let values: [Int32]

  /// - Parameter values: (trials, units, bins) in row-major order.
  public init(trials: Int, units: Int, bins: Int, values: [Int32]) {
    precondition(trials >= 0 && units >= 0 && bins >= 0, "extents cannot be negative")
    precondition(values.count == trials * units * bins, "the counts must fill (trials, units, bins)")
    precondition(values.allSatisfy { $0 >= 0 }, "a unit cannot fire less than never")
    self.trials = trials
    self.units = units
    self.bins = bins
    self.values = values
  }

  /// The trials of several tastes one after another, in the order of `tastes`, which must not be empty and
  /// must agree in units and bins. Tastes may have different numbers of trials.
  public init(pooling tastes: [SpikeCounts]) {
    guard let first = tastes.first else { preconditionFailure("there is no taste to pool") }
    precondition(
      tastes.allSatisfy { $0.units == first.units && $0.bins == first.bins },
      "pooled tastes must have the same units and bins")
    var values: [Int32] = []
    values.reserveCapacity(tastes.reduce(0) { $0 + $1.values.count })
    for taste in tastes { values += taste.values }
    self.init(
      trials: tastes.reduce(0) { $0 + $1.trials }, units: first.units, bins: first.bins, values: values)
  }

  /// The units `rows` alone, in that order.
  public func selecting(units rows: [Int]) -> SpikeCounts {
    var selected: [Int32] = []
    selected.reserveCapacity(trials * rows.count * bins)
    for trial in 0..<trials {
      for row in rows { selected += train(trial: trial, unit: row) }
    }
    return SpikeCounts(trials: trials, units: rows.count, bins: bins, values: selected)
  }

  /// The counts of one unit in one trial. Shape (bins).
  public func train(trial: Int, unit: Int) -> ArraySlice<Int32> {
    precondition((0..<trials).contains(trial) && (0..<units).contains(unit), "no such trial or unit")
    let start = (trial * units + unit) * bins
    return values[start..<(start + bins)]
  }

  public subscript(trial: Int, unit: Int, bin: Int) -> Int32 {
    values[(trial * units + unit) * bins + bin]
  }

  /// Whether no unit fired at all.
  public var isSilent: Bool { values.allSatisfy { $0 == 0 } }
}

/// Firing rates of single trials in spikes per bin.
public struct FiringRates: Equatable, Sendable {
  public let trials: Int
  public let units: Int
  public let bins: Int
  /// Spikes per bin, (trials, units, bins) in row-major order.
  public let values: [Double]

  /// - Parameter values: (trials, units, bins) in row-major order.
  public init(trials: Int, units: Int, bins: Int, values: [Double]) {
    precondition(values.count == trials * units * bins, "the rates must fill (trials, units, bins)")
    self.trials = trials
    self.units = units
    self.bins = bins
    self.values = values
  }

  public subscript(trial: Int, unit: Int, bin: Int) -> Double {
    values[(trial * units + unit) * bins + bin]
  }
}

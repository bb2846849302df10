/// Mean and standard deviation of each unit, by which its counts are z-scored.
///
/// As scikit-learn's `StandardScaler`, which blech_clust's `utils/infer_rnn_rates.py` uses.
public struct Scaler: Equatable, Sendable {
  /// Spikes per bin. Shape (units).
  public let mean: [Double]
  /// Population standard deviation in spikes per bin, 1 for a unit whose counts are all equal. Shape (units).
  public let scale: [Double]

  public var units: Int { mean.count }

  /// Restores a scaler. Both have shape (units), and no scale may be zero.
  public init(mean: [Double], scale: [Double]) {
    precondition(mean.count == scale.count, "each unit needs a mean and a scale")
    precondition(scale.allSatisfy { $0 > 0 }, "a scale must be above zero")
    self.mean = mean
    self.scale = scale
  }

  /// Fits each unit over all bins and trials of `counts`, which must hold at least one of each.
  public init(fitting counts: SpikeCounts) {
    precondition(counts.trials > 0 && counts.bins > 0, "nothing to fit")
    let samples = Double(counts.trials * counts.bins)
    var mean: [Double] = []
    var scale: [Double] = []
    for unit in 0..<counts.units {
      var total: Int64 = 0
      for trial in 0..<counts.trials {
        for count in counts.train(trial: trial, unit: unit) { total += Int64(count) }
      }
      let average = Double(total) / samples
      var squares = 0.0
      for trial in 0..<counts.trials {
        for count in counts.train(trial: trial, unit: unit) {
          let deviation = Double(count) - average
          squares += deviation * deviation
        }
      }
      mean.append(average)
      // The mean of equal integers is exact, so a constant unit's squares are exactly zero.
      scale.append(squares == 0 ? 1 : (squares / samples).squareRoot())
    }
    self.init(mean: mean, scale: scale)
  }

  /// The z-scores of `counts`: (bins, trials, units).
  func zScores(of counts: SpikeCounts) -> Features {
    precondition(counts.units == units, "the scaler was fitted to other units")
    var values = [Double](repeating: 0, count: counts.values.count)
    for trial in 0..<counts.trials {
      for unit in 0..<units {
        var target = trial * units + unit
        for count in counts.train(trial: trial, unit: unit) {
          values[target] = (Double(count) - mean[unit]) / scale[unit]
          target += counts.trials * units
        }
      }
    }
    return Features(bins: counts.bins, trials: counts.trials, count: units, values: values)
  }
}

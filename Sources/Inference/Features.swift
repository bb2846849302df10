/// What the network sees of the spikes in each bin of each trial: principal components, or z-scores.
public struct Features: Equatable, Sendable {
  public let bins: Int
  public let trials: Int
  /// Features of one bin.
  public let count: Int
  /// (bins, trials, features) in row-major order, without unit.
  public let values: [Double]

  /// - Parameter values: (bins, trials, features) in row-major order.
  public init(bins: Int, trials: Int, count: Int, values: [Double]) {
    precondition(values.count == bins * trials * count, "the features must fill (bins, trials, features)")
    self.bins = bins
    self.trials = trials
    self.count = count
    self.values = values
  }

  /// Bins of all trials: the rows of `values`.
  var samples: Int { bins * trials }
}

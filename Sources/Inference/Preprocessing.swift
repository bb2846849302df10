/// The way from spike counts to the network's features, and back to rates. It is fitted once per job and is
/// saved beside the network, which makes no sense without it.
///
/// Source: `utils/infer_rnn_rates.py` of blech_clust (StandardScaler, then PCA).
public struct Preprocessing: Equatable, Sendable {
  public let scaler: Scaler
  /// Nil where the network sees the z-scores themselves (`use_pca` false).
  public let components: PrincipalComponents?

  public var units: Int { scaler.units }
  /// Features of one bin: components, or units without them.
  public var featureCount: Int { components?.count ?? units }

  /// Restores a preprocessing; both parts must be for the same units.
  public init(scaler: Scaler, components: PrincipalComponents?) {
    precondition(components.map { $0.units == scaler.units } ?? true, "the parts are for different units")
    self.scaler = scaler
    self.components = components
  }

  /// Fits to all bins and trials of `counts`, of which there must be two together, and at least one unit.
  public init(fitting counts: SpikeCounts, usePCA: Bool) {
    let scaler = Scaler(fitting: counts)
    self.init(
      scaler: scaler,
      components: usePCA ? PrincipalComponents.fitted(to: scaler.zScores(of: counts)).components : nil)
  }

  /// What the network sees of `counts` (trials, units, bins): (bins, trials, features).
  public func features(of counts: SpikeCounts) -> Features {
    let zScores = scaler.zScores(of: counts)
    return components?.scores(of: zScores) ?? zScores
  }

  /// The rates that `features` (bins, trials, features) stand for: spikes per bin, (trials, units, bins).
  /// What the network put below zero becomes zero.
  public func rates(of features: Features) -> FiringRates {
    precondition(features.count == featureCount, "the features belong to another preprocessing")
    var rates = [Double](repeating: 0, count: features.trials * units * features.bins)
    for bin in 0..<features.bins {
      for trial in 0..<features.trials {
        let start = (bin * features.trials + trial) * features.count
        let sample = features.values[start..<(start + features.count)]
        let zScores = components?.zScores(of: sample) ?? Array(sample)
        for unit in 0..<units {
          let rate = zScores[unit] * scaler.scale[unit] + scaler.mean[unit]
          rates[(trial * units + unit) * features.bins + bin] = max(rate, 0)
        }
      }
    }
    return FiringRates(trials: features.trials, units: units, bins: features.bins, values: rates)
  }
}

import RateNetwork

/// A population of made-up gustatory units whose firing rates are known, to see how well rates can be
/// inferred from its spikes.
///
/// Three response epochs follow the stimulus (detection, identity, palatability; after Katz, Simon and
/// Nicolelis, 2001). Their onsets differ from trial to trial, more so the later they are; a slow gain drifts
/// through each trial and the whole session.
struct SyntheticUnits {
  let units: Int
  let tastes: Int

  /// Mean rates in Hz. Shape (units).
  private let baseline: [Double]
  /// By how much an epoch changes the logarithm of each unit's rate: (epochs, tastes, units).
  private let modulation: [[[Double]]]
  /// How strongly a unit follows the slow gain. Shape (units).
  private let drift: [Double]

  /// Mean onset of each epoch and the end of the last, in ms after the stimulus, and its standard deviation
  /// over trials.
  private static let onsets: [(mean: Double, deviation: Double)] = [
    (120, 15), (400, 80), (950, 150), (2300, 250),
  ]
  /// Duration of the transition between epochs, in ms.
  private static let transition = 25.0
  static let highestRate = 150.0

  init(units: Int, tastes: Int, using generator: inout SeededGenerator) {
    self.units = units
    self.tastes = tastes
    func normals(_ deviation: Double) -> [Double] { (0..<units).map { _ in deviation * generator.normal() } }
    baseline = (0..<units).map { _ in min(4 * exp2(generator.normal()), 40) }
    let detection = normals(0.6)
    let identity = (0..<tastes).map { _ in normals(0.8) }
    let palatability = normals(0.7)
    modulation = [
      Array(repeating: detection, count: tastes),
      identity,
      (0..<tastes).map { taste in
        // From the most to the least palatable: 1 to -1.
        let rank = tastes > 1 ? 1 - 2 * Double(taste) / Double(tastes - 1) : 0
        return palatability.map { $0 * rank }
      },
    ]
    drift = normals(0.25)
  }

  /// One trial's rates in Hz, (units, ms).
  ///
  /// - Parameters:
  ///   - session: how far through the session the trial is, 0...1.
  ///   - stimulus: when it is delivered, in ms from the trial's start.
  func rates(
    taste: Int, session: Double, duration: Int, stimulus: Int, using generator: inout SeededGenerator
  ) -> [Double] {
    let onsets = Self.onsets.map { Double(stimulus) + $0.mean + $0.deviation * generator.normal() }.sorted()
    let (frequency, phase) = (0.3 + 0.3 * Double(generator.uniform()), Double(generator.uniform()))
    var rates = [Double](repeating: 0, count: units * duration)
    for time in 0..<duration {
      let passed = onsets.map { 1 / (1 + exp(-(Double(time) - $0) / Self.transition)) }
      let slow = sine(turns: Double(time) / 1000 * frequency + phase)
      for unit in 0..<units {
        var gain = drift[unit] * slow + 0.2 * (session - 0.5)
        for epoch in modulation.indices {
          gain += modulation[epoch][taste][unit] * (passed[epoch] - passed[epoch + 1])
        }
        rates[unit * duration + time] = min(baseline[unit] * exp(gain), Self.highestRate)
      }
    }
    return rates
  }
}

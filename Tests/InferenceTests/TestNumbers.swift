import Glibc
import Inference

/// Random numbers for tests that are the same in every run (SplitMix64).
struct TestNumbers: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func uniform() -> Double { Double.random(in: 0..<1, using: &self) }

  mutating func normal() -> Double {
    (-2 * log(1 - uniform())).squareRoot() * cos(2 * Double.pi * uniform())
  }

  /// A Poisson number, by Knuth's method.
  mutating func poisson(_ mean: Double) -> Int32 {
    let limit = exp(-mean)
    var product = uniform()
    var count: Int32 = 0
    while product > limit {
      product *= uniform()
      count += 1
    }
    return count
  }

  /// Poisson counts whose rates (spikes per bin) `rate(trial, unit, bin)` gives.
  mutating func counts(
    trials: Int, units: Int, bins: Int, rate: (Int, Int, Int) -> Double
  ) -> SpikeCounts {
    var values: [Int32] = []
    for trial in 0..<trials {
      for unit in 0..<units {
        for bin in 0..<bins { values.append(poisson(rate(trial, unit, bin))) }
      }
    }
    return SpikeCounts(trials: trials, units: units, bins: bins, values: values)
  }
}

import Glibc
import Inference
import TestSupport

extension SeededNumbers {
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

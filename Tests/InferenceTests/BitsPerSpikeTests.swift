import Glibc
import Inference
import TestSupport
import Testing

@Suite struct BitsPerSpikeTests {
  /// One unit. Trial 0 trains: half a spike per bin. Trial 1 is scored from its second bin: 1, 0, 2.
  private static let counts = SpikeCounts(
    trials: 2, units: 1, bins: 4, values: [1, 0, 1, 0, 9, 1, 0, 2])
  private static let score = ForecastScore(counts: counts, training: [0], scored: [1], forecastBins: 1)

  private static func rates(_ scored: [Double]) -> FiringRates {
    FiringRates(trials: 2, units: 1, bins: 3, values: [100, 100, 100] + scored)
  }

  @Test func `The score is the one computed by hand, with rates floored`() throws {
    // ln(1 / 0.5) - 0.5 for the first bin, -(0.001 - 0.5) for the floored zero, 2 ln 2 - 0.5 for the last.
    let expected = (3 * log(2.0) - 0.501) / 3 / log(2.0)
    for zero in [0, 1e-3, 1e-9] {
      let bits = try #require(Self.score.bitsPerSpike(of: Self.rates([1, zero, 1])))
      #expect(abs(bits - expected) < 1e-12)
    }
  }

  @Test func `The mean scores zero, and the true rate scores more than a wrong one`() throws {
    #expect(Self.score.bitsPerSpike(of: Self.rates([0.5, 0.5, 0.5])) == 0)
    let good = try #require(Self.score.bitsPerSpike(of: Self.rates([1, 0, 2])))
    let bad = try #require(Self.score.bitsPerSpike(of: Self.rates([0, 2, 0])))
    #expect(good > 0 && bad < 0)
  }

  @Test func `Trials without a spike have no score`() {
    let silent = SpikeCounts(trials: 2, units: 1, bins: 4, values: [1, 0, 1, 0, 9, 0, 0, 0])
    let score = ForecastScore(counts: silent, training: [0], scored: [1], forecastBins: 1)
    #expect(score.bitsPerSpike(of: Self.rates([1, 1, 1])) == nil)
    #expect(score.bitsPerSpikeOfPSTH() == nil)
  }

  @Test func `A unit that is silent in training has a floored null`() throws {
    let late = SpikeCounts(trials: 2, units: 1, bins: 2, values: [0, 0, 0, 1])
    let score = ForecastScore(counts: late, training: [0], scored: [1], forecastBins: 1)
    let rates = FiringRates(trials: 2, units: 1, bins: 1, values: [0, 1])
    let bits = try #require(score.bitsPerSpike(of: rates))
    #expect(abs(bits - (log(1000.0) - 0.999) / log(2.0)) < 1e-12)
    #expect(score.bitsPerSpikeOfPSTH() == 0)
  }

  @Test func `The PSTH is smoothed as SciPy does it, mirrored where the kernel is longer than the trial`() {
    // gaussian_filter1d([4, 0, 0, 1, 0], 2, mode="reflect", truncate=4), the mean of trials 0 and 2.
    let expected = [
      1.596449833763271, 1.3269436745393415, 0.9502504467453092, 0.6423037605504978, 0.4840522844015806,
    ]
    let counts = SpikeCounts(
      trials: 3, units: 2, bins: 5,
      values: [8, 0, 0, 0, 0] + [0, 0, 0, 0, 0] + [9, 9, 9, 9, 9] + [9, 9, 9, 9, 9] + [0, 0, 0, 2, 0]
        + [0, 0, 0, 0, 0])
    let score = ForecastScore(counts: counts, training: [0, 2], scored: [1], forecastBins: 1)
    let psth = score.smoothedPSTH()
    for (rate, known) in zip(psth, expected + [0, 0, 0, 0, 0]) { #expect(abs(rate - known) < 1e-14) }
  }

  @Test func `The PSTH beats the mean where rates depend on time, scored from its own bins`() throws {
    var numbers = SeededNumbers(seed: 4)
    let counts = numbers.counts(trials: 40, units: 3, bins: 30) { _, _, bin in bin < 20 ? 0.2 : 3 }
    let score = ForecastScore(
      counts: counts, training: Array(0..<30), scored: Array(30..<40), forecastBins: 4)
    let psth = score.smoothedPSTH()
    let asRates = FiringRates(
      trials: 40, units: 3, bins: 26,
      values: (0..<40).flatMap { _ in (0..<3).flatMap { psth[($0 * 30 + 4)..<($0 * 30 + 30)] } })
    let bits = try #require(score.bitsPerSpikeOfPSTH())
    #expect(bits > 0.3)
    #expect(bits == score.bitsPerSpike(of: asRates))
  }
}

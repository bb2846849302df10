import Glibc

/// How much better rates forecast the spikes of some trials than each unit's mean does, in bits per spike.
///
/// (L(rates) - L(null)) / number of spikes / ln 2 over bins `forecastBins`... of `scored`, with
/// L(R) = sum of (y log R - R) for counts y. Null is each unit's mean count per bin over all bins of
/// `training`. Both are floored at `rateFloor`. The mean itself scores 0, more is better.
/// As in the Neural Latents Benchmark (Pei et al., 2021), here for bins that lie ahead.
public struct ForecastScore: Sendable {
  let counts: SpikeCounts
  let training: [Int]
  let scored: [Int]
  let forecastBins: Int

  /// Spikes per bin. A rate of zero would make one spike infinitely unlikely.
  public static let rateFloor = 1e-3
  /// Standard deviation in bins of the Gaussian that smooths the PSTH.
  public static let smoothingWidth = 2.0

  /// - Parameters:
  ///   - counts: (trials, units, bins).
  ///   - training: trials that the null rates and the PSTH come from, at least one.
  ///   - scored: trials whose spikes are forecast.
  ///   - forecastBins: bins at the start of each trial that nothing forecasts.
  public init(counts: SpikeCounts, training: [Int], scored: [Int], forecastBins: Int) {
    precondition(!training.isEmpty, "the null rates need a trial")
    precondition((0..<counts.bins).contains(forecastBins), "some bins must be forecast")
    self.counts = counts
    self.training = training
    self.scored = scored
    self.forecastBins = forecastBins
  }

  /// Bits per spike of `rates`, (trials, units, bins - forecastBins) for all trials of the counts; nil where
  /// the scored trials hold no spike.
  public func bitsPerSpike(of rates: FiringRates) -> Double? {
    precondition(
      rates.trials == counts.trials && rates.units == counts.units
        && rates.bins == counts.bins - forecastBins, "the rates must be those of the counts")
    return bitsPerSpike { trial, unit, bin in rates[trial, unit, bin - forecastBins] }
  }

  /// Bits per spike of the training trials' smoothed PSTH, which knows nothing of single trials: a model that
  /// scores less has learnt nothing that is worth having. Nil where the scored trials hold no spike.
  public func bitsPerSpikeOfPSTH() -> Double? {
    let psth = smoothedPSTH()
    return bitsPerSpike { _, unit, bin in psth[unit * counts.bins + bin] }
  }

  /// Mean count of each unit and bin over the training trials, smoothed along bins by a Gaussian of
  /// `smoothingWidth`, cut at 4 standard deviations. Beyond its ends a row is mirrored, the edge bin repeated:
  /// d c b a | a b c d | d c b a. Spikes per bin, shape (units, bins).
  ///
  /// The width is fixed, not chosen by how well it scores: a choice on few trials would favour the baseline
  /// or the model by chance.
  public func smoothedPSTH() -> [Double] {
    let radius = Int(4 * Self.smoothingWidth + 0.5)
    let weights = (-radius...radius).map { offset in
      exp(-Double(offset * offset) / (2 * Self.smoothingWidth * Self.smoothingWidth))
    }
    let total = weights.reduce(0, +)
    var smoothed: [Double] = []
    smoothed.reserveCapacity(counts.units * counts.bins)
    for unit in 0..<counts.units {
      let mean = meanTrain(ofUnit: unit)
      for bin in 0..<counts.bins {
        var sum = 0.0
        for (index, weight) in weights.enumerated() {
          sum += weight * mean[mirrored(bin + index - radius)]
        }
        smoothed.append(sum / total)
      }
    }
    return smoothed
  }

  /// Mean over the training trials. Shape (bins).
  private func meanTrain(ofUnit unit: Int) -> [Double] {
    var sums = [Double](repeating: 0, count: counts.bins)
    for trial in training {
      for (bin, count) in counts.train(trial: trial, unit: unit).enumerated() { sums[bin] += Double(count) }
    }
    return sums.map { $0 / Double(training.count) }
  }

  /// The bin that stands for `bin` outside the trial, mirrored as often as it takes.
  private func mirrored(_ bin: Int) -> Int {
    let period = 2 * counts.bins
    let phase = ((bin % period) + period) % period
    return phase < counts.bins ? phase : period - 1 - phase
  }

  /// - Parameter rate: spikes per bin of (trial, unit, bin of the counts).
  private func bitsPerSpike(rate: (Int, Int, Int) -> Double) -> Double? {
    var gain = 0.0
    var spikes = 0.0
    for unit in 0..<counts.units {
      let mean = meanTrain(ofUnit: unit).reduce(0, +) / Double(counts.bins)
      let null = max(mean, Self.rateFloor)
      for trial in scored {
        for bin in forecastBins..<counts.bins {
          let count = Double(counts[trial, unit, bin])
          let forecast = max(rate(trial, unit, bin), Self.rateFloor)
          gain += count * log(forecast / null) - (forecast - null)
          spikes += count
        }
      }
    }
    return spikes > 0 ? gain / spikes / log(2) : nil
  }
}

import HDF5File
import Inference
import Parameters
import Vocabulary

extension SpikeTrains {
  /// Counts one taste's spikes in the bins of `window`, for all units: (trials, units, bins).
  ///
  /// Reads one trial at a time and only the window, so that memory grows with a trial's size, not the file's;
  /// of a chunked array as many trials as a chunk holds, as each is unpacked whole, up to a bound.
  ///
  /// - Throws: `Failure` with `.badData` that names the array and the index of a value that is no count.
  func counts(of taste: Taste, in window: AnalysisWindow, path: String) throws -> SpikeCounts {
    let duration = window.limits.duration
    var counts: [Int32] = []
    counts.reserveCapacity(taste.trials * units * window.bins)
    let block = try trialsPerBlock(of: taste, elementsPerTrial: units * duration)
    var spikes = [Double](repeating: 0, count: block * units * duration)
    for start in stride(from: 0, to: taste.trials, by: block) {
      let trials = min(block, taste.trials - start)
      if trials < block { spikes.removeLast((block - trials) * units * duration) }
      try taste.array.readNumbers(
        start: [start, 0, window.limits.start], count: [trials, units, duration], into: &spikes)
      if let bad = Self.appendSums(of: spikes, over: window.binSize, to: &counts) {
        let (row, time) = bad.quotientAndRemainder(dividingBy: duration)
        let (trial, unit) = (start + row / units, row % units)
        throw Failure(
          .badData, "\(path), \(taste.array.name)",
          "the value at [\(trial), \(unit), \(time + window.limits.start)] is \(spikes[bad]), not a spike count",
          remedy: "run blech_make_arrays.py again")
      }
    }
    return SpikeCounts(trials: taste.trials, units: units, bins: window.bins, values: counts)
  }

  /// Counts of all tastes are held in memory: 1 GiB.
  private static let mostCounts = 1 << 28

  /// - Throws: `Failure` where the tastes claim more trials than can be counted.
  func checkSize(of tastes: [Taste], in window: AnalysisWindow, path: String) throws(Failure) {
    let trials = tastes.reduce(0) { $0 + $1.trials }
    // No factor is large enough to overflow: see the bounds on shapes.
    guard trials * units * window.bins <= Self.mostCounts else {
      throw Failure(
        .badData, "\(path), /spike_trains",
        "claims \(trials) trials of \(units) units and \(window.bins) bins, more than any recording holds",
        remedy: "run blech_make_arrays.py again, or shorten time_lims")
    }
  }

  /// At most so many numbers are read at once, beyond one trial: 64 MB.
  private static let largestBlock = 8 << 20

  private func trialsPerBlock(of taste: Taste, elementsPerTrial: Int) throws(H5Error) -> Int {
    let perChunk = try taste.array.chunkShape()?.first ?? 1
    return max(1, min(perChunk, taste.trials, Self.largestBlock / max(elementsPerTrial, 1)))
  }

  /// Far above what a unit can fire in one bin; keeps sums within 32 bits.
  private static let mostSpikes = 1_000_000.0

  /// Appends the sum of every `width` values. The index of the first value that is no count, or nil.
  private static func appendSums(of values: [Double], over width: Int, to sums: inout [Int32]) -> Int? {
    unsafe values.withUnsafeBufferPointer { values in
      for start in stride(from: 0, to: values.count, by: width) {
        var sum = 0.0
        var isCount = true
        for index in start..<(start + width) {
          let value = values[index]
          sum += value
          // NaN fails every comparison.
          isCount = isCount && value >= 0 && value <= mostSpikes && value == value.rounded(.towardZero)
        }
        guard isCount, sum <= mostSpikes else {
          return (start..<(start + width)).first { index in
            let value = values[index]
            return !(value >= 0 && value <= mostSpikes && value == value.rounded(.towardZero))
          } ?? start
        }
        sums.append(Int32(sum))
      }
      return nil
    }
  }
}

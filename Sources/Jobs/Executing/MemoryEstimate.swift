import Parameters
import Vocabulary

/// What an inference is likely to take, before it is known.
public enum MemoryEstimate {
  /// The most memory that a worker has at any time while it infers `job`, in bytes: slightly above what was measured
  /// (docs/performance.md), and never less for more of anything. Arrays that are stored compressed in large chunks
  /// take more than this, which the shapes do not tell.
  public static func bytes(for job: PlannedJob, _ parameters: InferenceParameters) -> Int {
    let units = count(job.unitRows.count)
    // An inspection comes from a worker, and may claim anything: `job.trials` would trap.
    let trials = count(job.trialsPerTaste.reduce(0) { $0.addingSaturating(max($1, 0)) })
    let hidden = count(parameters.hiddenSize)
    let milliseconds = count(parameters.timeLims.end.subtractingSaturating(parameters.timeLims.start))
    let bins = (milliseconds / count(parameters.binSize)).rounded(.up)
    let samples = bins * trials
    // Counts, z-scores and rates: freed memory of arrays that are not large is kept for the next one.
    let spikes = samples * units * bytesPerSpikeCount
    let bytes =
      program + spikes + min(spikes, mostKept) + samples * hidden * bytesPerState
      + parameterCount(inputs: units + 2, hidden: hidden, outputs: units) * bytesPerWeight
      + milliseconds * units * bytesPerMillisecond + units * units * bytesPerUnitPair
    return Int(exactly: bytes.rounded(.up)) ?? .max
  }

  // All in bytes, fitted to what was measured.
  private static let program = 30e6
  private static let bytesPerSpikeCount = 26.0
  private static let mostKept = 90e6
  /// The panels of each recurrent layer.
  private static let bytesPerState = 34.0
  /// The weights, their gradients, Adam's two moments, the best ones, and what is packed of them.
  private static let bytesPerWeight = 28.0
  /// One trial, as it is read.
  private static let bytesPerMillisecond = 16.0
  /// Covariances and directions.
  private static let bytesPerUnitPair = 24.0

  /// At most as many as units, of which the components may be fewer.
  private static func parameterCount(inputs: Double, hidden: Double, outputs: Double) -> Double {
    let (encoder, decoder) = ((inputs + hidden) / 2, (hidden + outputs) / 2)
    return encoder * (inputs + hidden) + 4 * hidden * hidden + decoder * (hidden + outputs)
  }

  private static func count(_ number: Int) -> Double { Double(max(number, 1)) }
}

extension Int {
  fileprivate func addingSaturating(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }

  fileprivate func subtractingSaturating(_ other: Int) -> Int {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return overflow ? (other < 0 ? .max : .min) : difference
  }
}

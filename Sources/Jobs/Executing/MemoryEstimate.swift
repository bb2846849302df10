import Parameters
import Vocabulary

/// What a worker is likely to take, before it is known. An inspection may claim anything: no number is too large here.
public enum MemoryEstimate {
  /// The most memory that a worker has at any time while it infers `job`, in bytes: slightly above what was measured
  /// (docs/performance.md), and never less for more of anything. Arrays that are stored compressed in large chunks
  /// take more than this, which the shapes do not tell.
  public static func bytes(for job: PlannedJob, _ parameters: InferenceParameters) -> Int {
    let shape = Shape(job, parameters)
    // Counts, z-scores and rates: freed memory of arrays that are not large is kept for the next one.
    let spikes = shape.samples * shape.units * bytesPerSpikeCount
    return rounded(
      program + spikes + min(spikes, mostKept)
        + shape.bins * (shape.trials + padding) * shape.hidden * bytesPerState
        + shape.weights * bytesPerWeight + shape.milliseconds * shape.units * bytesPerMillisecond
        + shape.units * shape.units * bytesPerUnitPair)
  }

  /// The same while it commits the results of `jobs`, all of which it holds at once.
  public static func bytes(forCommitOf jobs: [PlannedJob], _ parameters: InferenceParameters) -> Int {
    let stored = jobs.reduce(0.0) { sum, job in
      let shape = Shape(job, parameters)
      return sum + shape.samples * (shape.units * bytesPerRate + shape.hidden * bytesPerFactor)
        + shape.weights * bytesPerFactor
    }
    return rounded(program + stored * copies)
  }

  private static func rounded(_ bytes: Double) -> Int { Int(exactly: bytes.rounded(.up)) ?? .max }

  // All in bytes, fitted to what was measured.
  private static let program = 30e6
  /// Trials by which training's and validation's may have to be filled up, to whole eights.
  private static let padding = 14.0
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
  /// How often a commit holds what is stored: as bytes, as numbers, as pages of the .h5, and as read back.
  private static let copies = 3.8
  private static let (bytesPerRate, bytesPerFactor) = (8.0, 4.0)

  private struct Shape {
    let units: Double
    let trials: Double
    let hidden: Double
    let milliseconds: Double
    let bins: Double

    init(_ job: PlannedJob, _ parameters: InferenceParameters) {
      units = Self.count(job.unitRows.count)
      // `job.trials` would trap.
      trials = Self.count(job.trialsPerTaste.reduce(0) { $0.addingSaturating(max($1, 0)) })
      hidden = Self.count(parameters.hiddenSize)
      milliseconds = Self.count(parameters.timeLims.end.subtractingSaturating(parameters.timeLims.start))
      bins = (milliseconds / Self.count(parameters.binSize)).rounded(.up)
    }

    var samples: Double { bins * trials }

    /// As many components as units: there may be fewer.
    var weights: Double {
      let (inputs, outputs) = (units + 2, units)
      let (encoder, decoder) = ((inputs + hidden) / 2, (hidden + outputs) / 2)
      return encoder * (inputs + hidden) + 4 * hidden * hidden + decoder * (hidden + outputs)
    }

    private static func count(_ number: Int) -> Double { Double(max(number, 1)) }
  }
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

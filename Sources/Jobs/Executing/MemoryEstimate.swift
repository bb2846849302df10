import Parameters
import Vocabulary

/// The memory that the inference of one job is expected to take.
///
/// A line through what was measured (docs/performance.md), and above all of it: 2 to 35 % on shapes of 10 to 300 units,
/// 20 to 120 trials and 8 to 64 latent factors.
public enum MemoryEstimate {
  /// The program, its libraries, and what a small session takes, in bytes.
  private static let base = 28_000_000.0
  /// For each count (trials x bins x units): counts, z-scores, components, rates and copies of them.
  private static let perCount = 56.0
  /// For each latent value (trials x bins x hidden): the layers' activations and their gradients.
  private static let perLatent = 40.0
  /// For each pair of units: their covariance and its eigenvectors.
  private static let perPair = 32.0

  /// In bytes; large for shapes that no memory holds, and never more than `Int.max`.
  public static func bytes(for job: PlannedJob, _ parameters: InferenceParameters) -> Int {
    let (trials, units) = (Double(job.trials), Double(job.unitRows.count))
    let bins = Double(max(parameters.timeLims.duration, 0)) / Double(max(parameters.binSize, 1))
    let counts = trials * bins * units
    let latents = trials * bins * Double(max(parameters.hiddenSize, 0))
    let bytes = base + perCount * counts + perLatent * latents + perPair * units * units
    return Int(min(bytes, Double(1 << 62)))
  }
}

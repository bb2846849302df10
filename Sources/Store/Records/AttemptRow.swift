import Vocabulary

/// One attempt as the history has it.
public struct AttemptRow: Equatable, Sendable {
  public let began: AttemptRecord
  /// In seconds since 1970; nil while it is under way.
  public let endedAt: Int64?
  public let reason: ExitReason?
  public let failure: Failure?
  public let origin: JobSummary.Origin?
  public let trainingLoss: Double?
  public let validationLoss: Double?
  public let bestStep: Int?
  public let steps: Int?
  public let warnings: [String]
  public let use: ResourceUse
}

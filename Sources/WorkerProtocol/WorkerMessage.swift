import Vocabulary

/// What a worker says: one JSON document on each line of its stdout. The last one is a result or an error.
public struct WorkerMessage: Codable, Equatable, Sendable {
  public enum Content: Codable, Equatable, Sendable {
    case progress(Progress)
    /// What it has taken, just before its result or error.
    case use(ResourceUse)
    case result(Outcome)
    case error(Failure)
  }

  public enum Outcome: Codable, Equatable, Sendable {
    case inspected(Inspection)
    /// Journals lie in these directories: ask for `recover` first.
    case needsRecovery([String])
    case inferred(JobSummary)
    case commit(CommitAnswer)
    /// One for each journal that was found.
    case recovered([RecoverySummary])
    case demonstrated
    case benched(BenchResult)
    case probed(ProbeResult)
    case notified
  }

  public struct Progress: Codable, Equatable, Sendable {
    /// Steps done, of at most `steps`.
    public var step: Int
    public var steps: Int
    public var trainingLoss: Double
    /// Of the latest validation.
    public var validationLoss: Double?

    public init(step: Int, steps: Int, trainingLoss: Double, validationLoss: Double?) {
      self.step = step
      self.steps = steps
      self.trainingLoss = trainingLoss
      self.validationLoss = validationLoss
    }
  }

  public var version = WorkerRequest.version
  public var content: Content

  public init(_ content: Content) { self.content = content }

  /// Longest line that a parent reads, in bytes. An inspection of a thousand units and a hundred tastes
  /// stays far below it.
  public static let longestLine = 16 << 20
}

extension Failure {
  /// A worker gave a result of another kind than its task has.
  public static let unexpectedAnswer = Failure(
    .internalError, "blechd-worker", "answered another question than was asked", remedy: "please report this")
}

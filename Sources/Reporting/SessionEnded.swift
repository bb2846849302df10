import Vocabulary

/// What `notify.command` is told of a session that has ended: version 1, names in snake case.
///
/// Members are added, never taken away or given another meaning, as long as the version stays. What is not known is left
/// out.
public struct SessionEnded: Codable, Equatable, Sendable {
  public enum Outcome: String, CaseIterable, Codable, Sendable {
    /// Every result is in the .h5.
    case done
    /// Some are, and others failed.
    case partlyDone = "partly_done"
    /// Nothing new is in the .h5.
    case failed
    /// A person has given it up.
    case cancelled
  }

  public struct Job: Codable, Equatable, Sendable {
    public enum State: String, CaseIterable, Codable, Sendable {
      case inferred, failed, cancelled
    }

    public var region: String
    /// The taste's index, or `all`.
    public var taste: String
    public var tasteName: String
    public var state: State
    public var trainingLoss: Double?
    public var validationLoss: Double?
    /// Counted from 0.
    public var bestStep: Int?
    public var bitsPerSpike: Double?
    public var psthBitsPerSpike: Double?
    /// How long its training took.
    public var seconds: Double?
    public var warnings: [String]
    /// Why it failed.
    public var failure: String?
  }

  public var version = 1
  public var directory: String
  public var outcome: Outcome
  /// At most `mostJobs`.
  public var jobs: [Job]
  public var jobsLeftOut: Int
  /// Why the session as a whole failed.
  public var failure: String?
  /// When work on it began and ended: ISO 8601, UTC.
  public var started: String
  public var finished: String
  /// The .h5 that was written.
  public var h5: String?
  public var software: String

  public static let mostJobs = 1000

  /// - Parameters:
  ///   - jobs: all of them, in their order.
  ///   - failure: of the session as a whole, such as that of its commit.
  ///   - h5: the path of the .h5 that was written, or nil.
  public init(
    directory: String, outcome: Outcome, jobs: [Job], failure: Failure? = nil, started: String,
    finished: String, h5: String?, software: String = Software.name
  ) {
    self.directory = directory
    self.outcome = outcome
    self.jobs = Array(jobs.prefix(Self.mostJobs))
    jobsLeftOut = jobs.count - self.jobs.count
    self.failure = failure?.description
    self.started = started
    self.finished = finished
    self.h5 = h5
    self.software = software
  }
}

extension SessionEnded.Job {
  public init(_ job: PlannedJob, inferred summary: JobSummary) {
    self.init(job, .inferred, summary, failure: nil)
  }

  public init(_ job: PlannedJob, failed failure: Failure) { self.init(job, .failed, nil, failure: failure) }

  /// - Parameter state: of a job that was not inferred and did not fail.
  public init(_ job: PlannedJob, _ state: State) { self.init(job, state, nil, failure: nil) }

  private init(_ job: PlannedJob, _ state: State, _ summary: JobSummary?, failure: Failure?) {
    self.init(
      region: job.identity.region, taste: "\(job.identity.taste)", tasteName: job.tasteName, state: state,
      trainingLoss: summary?.trainingLoss, validationLoss: summary?.validationLoss,
      bestStep: summary?.bestStep, bitsPerSpike: summary?.bitsPerSpike,
      psthBitsPerSpike: summary?.psthBitsPerSpike, seconds: summary?.seconds,
      warnings: summary?.warnings ?? [], failure: failure?.description)
  }
}

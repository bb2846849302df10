import Store
import Vocabulary

/// What is to be inferred for one session. It never changes, and is a reference as it is large: a table of thousands that
/// grows moves them all in one step.
public final class Work: Equatable, Sendable {
  public let source: SessionSource
  public let inspection: Inspection
  /// The jobs that need work, in their order.
  public let jobs: [PlannedJob]
  /// Infer them whatever is there already.
  public let retrains: Bool
  /// Of its root; higher first.
  public let priority: Int

  public init(
    source: SessionSource, inspection: Inspection, jobs: [PlannedJob], retrains: Bool = false,
    priority: Int = 0
  ) {
    self.source = source
    self.inspection = inspection
    self.jobs = jobs
    self.retrains = retrains
    self.priority = priority
  }

  public var directory: String { source.directory }

  public static func == (left: Work, right: Work) -> Bool {
    left === right
      || left.source == right.source && left.inspection == right.inspection && left.jobs == right.jobs
        && left.retrains == right.retrains && left.priority == right.priority
  }
}

/// What a worker is to be started for.
public struct Start: Equatable, Sendable {
  public enum Task: Equatable, Sendable {
    case infer(PlannedJob, retrains: Bool)
    /// The results of `sharing` stay in the spool.
    case commit([JobIdentity], sharing: [JobIdentity])
  }

  public let attempt: Int64
  public let source: SessionSource
  public let inspection: Inspection
  public let task: Task
  /// Of an earlier run of the daemon's, which may still be at work.
  public var handle: String?
}

/// How a session that was worked on ended.
public struct SessionOutcome: Equatable, Sendable {
  public enum Kind: String, Sendable {
    case done
    /// Some jobs have results in the .h5, and some have failed.
    case partlyDone
    case failed
    case cancelled
  }

  public struct Job: Equatable, Sendable {
    public let planned: PlannedJob
    public let state: JobState
  }

  public let kind: Kind
  public let inspection: Inspection
  public let directory: String
  public let jobs: [Job]
  /// Nil where nothing was written.
  public let commit: CommitSummary?
  /// What kept the results from being written for good.
  public let failure: Failure?
  /// When its first worker began, in seconds since 1970.
  public let beganAt: Int64?
}

/// What is told of the work, for a log.
public enum WorkEvent: Equatable, Sendable {
  case began(directory: String, PlannedJob, number: Int)
  case inferred(directory: String, PlannedJob, JobSummary)
  case retrying(directory: String, PlannedJob, Failure, after: Duration)
  case failed(directory: String, PlannedJob, Failure)
  /// Its worker is stopped, as nobody wants its result any more.
  case stopped(directory: String, JobIdentity)
  case committed(directory: String, CommitSummary)
  case delayed(directory: String, Failure)
  /// Somebody else is at work on the session.
  case held(directory: String, Failure)
  /// The session has changed while it was worked on; its results are thrown away.
  case outdated(directory: String, reason: String)
  /// Results are gone from the spool, and are inferred again.
  case resultsLost(directory: String, [JobIdentity])
  case ended(SessionOutcome)
}

/// What is to be done about a change of the book.
public enum BookEffect: Equatable, Sendable {
  /// Take the lease of the session's directory.
  case prepare(directory: String)
  /// Give it back, and only then write down what says that the session is over: a lease that a dead daemon has left is
  /// looked for where it was at work.
  case release(directory: String, recording: [StoreChange])
  case start(Start)
  case stop(attempt: Int64)
  case store(StoreChange)
  /// Have the session inspected again, and handed over anew if there is work.
  ///
  /// - Parameter isDone: all that was to be done is written.
  case reconsider(directory: String, isDone: Bool)
  /// Nobody needs these results in the spool any more.
  case discard(fingerprints: [String])
  case tell(WorkEvent)
}

import Vocabulary
import WorkerProtocol

/// Where one job stands. What it can become next is what the value in its case offers: nothing else can be written.
///
///     queued ──begin──> running ──finish──> inferred
///       ^  ^              │ │ └──fail──> failed
///       │  └──fall due── retrying
///       └── lost, asked again, result gone
public enum JobState: Equatable, Sendable {
  case queued(Queued)
  case running(Running)
  case retrying(Retrying)
  case inferred(Inferred)
  case failed(Failed)
  case cancelled(Cancelled)

  /// A job that nobody has heard of yet.
  public static var new: JobState { .queued(Queued(tries: Tries())) }

  /// Nothing more happens to it by itself but the commit.
  public var isEnded: Bool {
    switch self {
    case .inferred, .failed, .cancelled: true
    case .queued, .running, .retrying: false
    }
  }
}

/// How often a job was tried.
public struct Tries: Equatable, Sendable {
  /// Those that count against the limit.
  public var attempts = 0
  /// Of them, those that ended because a bound was broken, or in a crash: they would again.
  public var breaches = 0

  public init(attempts: Int = 0, breaches: Int = 0) {
    self.attempts = attempts
    self.breaches = breaches
  }
}

/// It waits for its turn.
public struct Queued: Equatable, Sendable {
  public let tries: Tries
  /// An earlier run of the daemon began it where it may still be at work: that is taken up again.
  public let unfinished: UnfinishedAttempt?

  fileprivate init(tries: Tries, unfinished: UnfinishedAttempt? = nil) {
    self.tries = tries
    self.unfinished = unfinished
  }

  public func begin(_ attempt: Int64, at now: Moment) -> Running {
    Running(attempt: attempt, began: now, tries: tries)
  }

  /// It can never run as things are.
  public func refuse(_ failure: Failure) -> Failed { Failed(tries: tries, failure: failure) }

  public func cancel() -> Cancelled { Cancelled() }
}

/// An attempt of an earlier run of the daemon, on an executor whose workers outlive it.
public struct UnfinishedAttempt: Equatable, Sendable {
  public let id: Int64
  /// What the executor finds it by.
  public let handle: String
}

/// A worker is at work on it.
public struct Running: Equatable, Sendable {
  public let attempt: Int64
  public let began: Moment
  public let tries: Tries
  /// What was heard of it last.
  public var progress: WorkerMessage.Progress?
  public var use = ResourceUse()
  /// At present, in bytes.
  public var memoryBytes: Int?

  fileprivate init(attempt: Int64, began: Moment, tries: Tries) {
    self.attempt = attempt
    self.began = began
    self.tries = tries
  }

  public func finish(_ summary: JobSummary) -> Inferred { Inferred(summary: summary) }

  /// What follows from an end without a result.
  public func fail(_ verdict: RetryPolicy.Verdict, _ failure: Failure, at now: Moment) -> JobState {
    switch verdict {
    case .atOnce: .queued(lose())
    case .again(let delay, let tries): .retrying(Retrying(tries: tries, due: now + delay, failure: failure))
    case .never(let tries): .failed(Failed(tries: tries, failure: failure))
    }
  }

  /// The daemon stopped before it ended: that is nobody's fault.
  public func lose() -> Queued { Queued(tries: tries) }

  public func cancel() -> Cancelled { Cancelled() }
}

/// Something that passes was in the way.
public struct Retrying: Equatable, Sendable {
  public let tries: Tries
  public let due: Moment
  public let failure: Failure

  fileprivate init(tries: Tries, due: Moment, failure: Failure) {
    self.tries = tries
    self.due = due
    self.failure = failure
  }

  public func fallDue() -> Queued { Queued(tries: tries) }
  /// A person wants it tried now, as if for the first time.
  public func askAgain() -> Queued { Queued(tries: Tries()) }
  public func cancel() -> Cancelled { Cancelled() }
}

/// Its result waits in the spool for the commit.
public struct Inferred: Equatable, Sendable {
  public let summary: JobSummary

  fileprivate init(summary: JobSummary) { self.summary = summary }

  /// The spool does not have it any more.
  public func loseResult() -> Queued { Queued(tries: Tries()) }

  /// Nobody wants it to be written.
  public func cancel() -> Cancelled { Cancelled() }
}

/// It is not tried again until its session changes, or a person asks.
public struct Failed: Equatable, Sendable {
  public let tries: Tries
  public let failure: Failure

  fileprivate init(tries: Tries, failure: Failure) {
    self.tries = tries
    self.failure = failure
  }

  public func askAgain() -> Queued { Queued(tries: Tries()) }
}

/// A person did not want it.
public struct Cancelled: Equatable, Sendable {
  fileprivate init() {}

  public func askAgain() -> Queued { Queued(tries: Tries()) }
}

// MARK: From one run of the daemon to the next

extension JobState {
  /// What an earlier run of the daemon left: what ran then is queued again.
  ///
  /// - Parameters:
  ///   - unfinished: where it may still be at work.
  ///   - due: when a retry that was written down falls due.
  static func restored(
    _ state: StoredJobState, _ tries: Tries, unfinished: UnfinishedAttempt?, due: (Int64) -> Moment
  ) -> JobState {
    switch state {
    case .queued, .running: .queued(Queued(tries: tries, unfinished: unfinished))
    case .retrying(let dueAt, let failure):
      .retrying(Retrying(tries: tries, due: due(dueAt), failure: failure))
    case .inferred(let summary): .inferred(Inferred(summary: summary))
    case .failed(let failure): .failed(Failed(tries: tries, failure: failure))
    case .cancelled: .cancelled(Cancelled())
    }
  }

  /// As it is written down.
  ///
  /// - Parameter wall: the time of day of a moment, in seconds since 1970.
  func stored(wall: (Moment) -> Int64) -> StoredJobState {
    switch self {
    case .queued: .queued
    case .running: .running
    case .retrying(let retrying): .retrying(dueAt: wall(retrying.due), retrying.failure)
    case .inferred(let inferred): .inferred(inferred.summary)
    case .failed(let failed): .failed(failed.failure)
    case .cancelled: .cancelled
    }
  }

  var tries: Tries {
    switch self {
    case .queued(let state): state.tries
    case .running(let state): state.tries
    case .retrying(let state): state.tries
    case .failed(let state): state.tries
    case .inferred, .cancelled: Tries()
    }
  }
}

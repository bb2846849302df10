import Vocabulary

/// What is kept of one session that was queued. Paths are text: others are never queued.
public struct SessionRecord: Equatable, Sendable {
  public enum Phase: String, CaseIterable, Sendable {
    case queued
    /// It has the lease of its directory, and workers are, or were, at work on it.
    case working
    /// Its .h5 may be about to be changed.
    case committing
    case done
    /// Some of its jobs, or all, have no result, and are not tried again by themselves.
    case failed
    case cancelled
  }

  public var path: String
  public var phase: Phase
  /// When it was first queued, in seconds since 1970. Sessions are worked on in this order.
  public var arrivedAt: Int64
  /// When a person put it first, in seconds since 1970, or nil.
  public var firstAt: Int64?
  /// What a person has asked for and has not been done yet.
  public var request: SessionRequest?
  /// Its jobs are those that a person wanted to be inferred anew, whatever is there.
  public var isRetraining: Bool

  public init(
    path: String, phase: Phase, arrivedAt: Int64, firstAt: Int64? = nil, request: SessionRequest? = nil,
    isRetraining: Bool = false
  ) {
    self.path = path
    self.phase = phase
    self.arrivedAt = arrivedAt
    self.firstAt = firstAt
    self.request = request
    self.isRetraining = isRetraining
  }
}

/// What is kept of one job of a session.
public struct JobRecord: Equatable, Sendable {
  public enum State: Codable, Equatable, Sendable {
    case queued
    case running
    /// `dueAt` in seconds since 1970.
    case retrying(dueAt: Int64, Failure)
    /// Its result lies in the spool.
    case inferred(JobSummary)
    case failed(Failure)
    case cancelled
  }

  public var path: String
  public var job: JobIdentity
  public var fingerprint: String
  public var state: State
  /// Attempts that count against its limit.
  public var attempts: Int
  /// Of them, those that ended because a bound was broken.
  public var breaches: Int

  public init(
    path: String, job: JobIdentity, fingerprint: String, state: State, attempts: Int, breaches: Int
  ) {
    self.path = path
    self.job = job
    self.fingerprint = fingerprint
    self.state = state
    self.attempts = attempts
    self.breaches = breaches
  }
}

/// One run of a worker for a session, as it began.
public struct AttemptRecord: Equatable, Sendable {
  public enum Work: Equatable, Sendable {
    case inference(JobIdentity, fingerprint: String)
    case commit
  }

  /// Counts up over all sessions and all runs of the daemon.
  public var id: Int64
  public var path: String
  public var work: Work
  /// The how manieth for this job, or this session's commit.
  public var number: Int
  public var executor: String
  /// What the executor finds it by after a restart, if it can.
  public var handle: String?
  /// In seconds since 1970.
  public var beganAt: Int64

  public init(
    id: Int64, path: String, work: Work, number: Int, executor: String, handle: String? = nil, beganAt: Int64
  ) {
    self.id = id
    self.path = path
    self.work = work
    self.number = number
    self.executor = executor
    self.handle = handle
    self.beganAt = beganAt
  }
}

/// How an attempt ended.
public struct AttemptEnd: Equatable, Sendable {
  public var id: Int64
  /// In seconds since 1970.
  public var endedAt: Int64
  public var reason: ExitReason
  public var failure: Failure?
  /// Of an inference that has a result.
  public var summary: JobSummary?
  public var use: ResourceUse
  /// The end of what the worker wrote on stderr.
  public var log: String

  public init(
    id: Int64, endedAt: Int64, reason: ExitReason, failure: Failure? = nil, summary: JobSummary? = nil,
    use: ResourceUse = .init(), log: String = ""
  ) {
    self.id = id
    self.endedAt = endedAt
    self.reason = reason
    self.failure = failure
    self.summary = summary
    self.use = use
    self.log = log
  }
}

/// One thing to be written down.
public enum StoreChange: Equatable, Sendable {
  case session(SessionRecord)
  case job(JobRecord)
  case attemptBegan(AttemptRecord)
  case attemptEnded(AttemptEnd)
  /// The session, or the job, is of no concern any more; its attempts stay in the history.
  case forgetSession(path: String)
  case forgetJob(path: String, JobIdentity)
  /// Whether a person has paused the work.
  case paused(Bool)
}

/// What a daemon finds when it starts.
public struct StoredState: Equatable, Sendable {
  /// Those that are not done.
  public var sessions: [SessionRecord]
  public var jobs: [JobRecord]
  /// Attempts that never ended.
  public var openAttempts: [AttemptRecord]
  /// The highest number of any attempt so far.
  public var lastAttempt: Int64
  public var isPaused: Bool

  public init(
    sessions: [SessionRecord] = [], jobs: [JobRecord] = [], openAttempts: [AttemptRecord] = [],
    lastAttempt: Int64 = 0, isPaused: Bool = false
  ) {
    self.sessions = sessions
    self.jobs = jobs
    self.openAttempts = openAttempts
    self.lastAttempt = lastAttempt
    self.isPaused = isPaused
  }
}

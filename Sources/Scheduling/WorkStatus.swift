import Vocabulary

/// What the scheduler has in hand, for a status.
public struct WorkStatus: Equatable, Sendable {
  public struct Session: Equatable, Sendable {
    public let directory: String
    public let state: String
    public let reason: String
  }

  /// A job that a worker is at work on.
  public struct Job: Equatable, Sendable {
    public let directory: String
    public let job: JobIdentity
    public let tasteName: String
    public let attempt: Int
    public let step: Int?
    public let steps: Int?
    public let trainingLoss: Double?
    public let validationLoss: Double?
    public let elapsed: Duration
    public let use: ResourceUse
    /// At present.
    public let memoryBytes: Int?
  }

  public let isPaused: Bool
  /// Why no further job begins, where one waits.
  public let hold: Hold?
  /// Those that have work, or have had some that failed, in no order.
  public let sessions: [Session]
  public let running: [Job]
  /// Jobs by state.
  public let counts: [String: Int]
  /// How many jobs may run side by side, and the memory of one and of all, in bytes.
  public let mostJobs: Int
  public let memoryPerJobBytes: Int
  public let memoryTotalBytes: Int
}

extension JobBook {
  func status(hold: Hold?, at now: Now) -> WorkStatus {
    var running: [WorkStatus.Job] = []
    var counts: [String: Int] = [:]
    for entry in entries.values {
      for job in entry.jobs {
        counts[job.state.name, default: 0] += 1
        if case .running(let state) = job.state { running.append(Self.status(job, state, entry, now)) }
      }
    }
    running.sort { ($0.directory, $0.job.description) < ($1.directory, $1.job.description) }
    let sessions = entries.values.map { entry in
      WorkStatus.Session(directory: entry.work.directory, state: entry.stateName, reason: entry.reason)
    }
    return WorkStatus(
      isPaused: isPaused, hold: hold, sessions: sessions, running: running, counts: counts,
      mostJobs: rules.admission.jobs, memoryPerJobBytes: rules.admission.memoryPerJobBytes,
      memoryTotalBytes: rules.admission.memoryBytes)
  }

  func standing(of directory: String) -> (state: String, reason: String)? {
    entries[directory].map { ($0.stateName, $0.reason) }
  }

  private static func status(_ job: Entry.Job, _ state: Running, _ entry: Entry, _ now: Now) -> WorkStatus.Job
  {
    WorkStatus.Job(
      directory: entry.work.directory, job: job.planned.identity, tasteName: job.planned.tasteName,
      attempt: state.tries.attempts + 1, step: state.progress?.step, steps: state.progress?.steps,
      trainingLoss: state.progress?.trainingLoss, validationLoss: state.progress?.validationLoss,
      elapsed: now.moment - state.began, use: state.use, memoryBytes: state.memoryBytes)
  }
}

extension JobState {
  /// In one word.
  public var name: String {
    switch self {
    case .queued: "queued"
    case .running: "running"
    case .retrying: "retrying"
    case .inferred: "inferred"
    case .failed: "failed"
    case .cancelled: "cancelled"
    }
  }
}

extension Entry {
  /// In one word, as in the status file.
  var stateName: String {
    switch state {
    case .waiting, .preparing: "queued"
    case .held: "held"
    case .working: isRunning ? "inferring" : queued == 0 && retry != nil ? "retrying" : "queued"
    case .committing: "committing"
    case .delayed: "delayed"
    case .ended: isCancelled ? "cancelled" : "failed"
    }
  }

  private var isRunning: Bool { jobs.contains { if case .running = $0.state { true } else { false } } }

  private var retry: Retrying? {
    jobs.lazy.compactMap { if case .retrying(let state) = $0.state { state } else { nil } }.first
  }

  var reason: String {
    switch state {
    case .held(let failure, _): return failure.description
    case .delayed(let delay): return "\(inferred) results wait to be written: \(delay.reason)"
    case .committing: return "\(inferred) results are being written"
    case .ended(let failure?): return failure.description
    case .ended(nil) where isCancelled: return "cancelled; blechctl retry takes it up again"
    case .ended(nil):
      let failed = jobs.count { if case .failed = $0.state { true } else { false } }
      return "\(failed) \(failed == 1 ? "job has" : "jobs have") failed: \(firstFailure?.description ?? "")"
    case .waiting, .preparing, .working:
      let progress = "\(inferred) of \(jobs.count) jobs are inferred"
      return retry.map { "\(progress); one is tried again: \($0.failure)" } ?? progress
    }
  }
}

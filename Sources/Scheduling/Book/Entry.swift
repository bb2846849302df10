import Store
import Vocabulary

/// One session in the book.
struct Entry: Sendable {
  struct Job: Sendable {
    let planned: PlannedJob
    fileprivate(set) var state: JobState
    /// Memory that its shape makes expect, in bytes.
    let estimateBytes: Int
    /// It was not begun, as it needs more memory than is allowed.
    fileprivate(set) var isRefused = false
  }

  private(set) var work: Work
  private(set) var jobs: [Job] = []
  var state = SessionState.waiting
  var place: Place
  /// What a person asked for that this is the answer to.
  var request: SessionRequest?
  /// A person wants its jobs to be inferred anew, and they are not written yet.
  var isRetraining = false
  /// When its first worker began, in seconds since 1970.
  var beganAt: Int64?
  /// Attempts at its commit that failed in a row.
  var commitTries = Tries()
  /// That somebody else is at work on it was told.
  var isHeldTold = false
  /// Why its results could not be written the last time.
  var lastDelay: Failure?
  /// Where it stands in the line, if it does.
  var linedUp: LinedUp?

  private var indices: [JobIdentity: Int] = [:]
  /// Jobs that may still come to an end.
  private(set) var open = 0
  private(set) var queued = 0
  private(set) var inferred = 0
  /// No job before this one is queued.
  private var firstQueued = 0

  init(_ work: Work, place: Place) {
    self.work = work
    self.place = place
  }

  /// Puts other jobs in the place of all that there were.
  mutating func replace(_ work: Work, jobs: [(planned: PlannedJob, state: JobState, estimateBytes: Int)]) {
    self.work = work
    place.priority = work.priority
    put(jobs.map { Job(planned: $0.planned, state: $0.state, estimateBytes: $0.estimateBytes) })
  }

  /// Leaves only the jobs that `keep` wants.
  mutating func filter(_ keep: (Job) -> Bool) { put(jobs.filter(keep)) }

  private mutating func put(_ jobs: [Job]) {
    self.jobs = jobs
    indices = Dictionary(
      zip(jobs.map(\.planned.identity), jobs.indices), uniquingKeysWith: { first, _ in first })
    (open, queued, inferred, firstQueued) = (0, 0, 0, 0)
    for job in jobs { count(job.state, 1) }
  }

  func index(of job: JobIdentity) -> Int? { indices[job] }

  mutating func set(_ state: JobState, at index: Int, isRefused: Bool = false) {
    count(jobs[index].state, -1)
    jobs[index].state = state
    jobs[index].isRefused = isRefused
    count(state, 1)
    if case .queued = state { firstQueued = min(firstQueued, index) }
  }

  /// Keeps for the end of the commit what came while results are being written; whether they are.
  mutating func noteWhileCommitting(_ change: (inout SessionState.Committing) -> Void) -> Bool {
    guard case .committing(var committing) = state else { return false }
    change(&committing)
    state = .committing(committing)
    return true
  }

  /// Changes what is known of a job that runs.
  mutating func updateRunning(_ index: Int, _ change: (inout Running) -> Void) {
    guard case .running(var running) = jobs[index].state else { return }
    change(&running)
    jobs[index].state = .running(running)
  }

  private mutating func count(_ state: JobState, _ change: Int) {
    if !state.isEnded { open += change }
    switch state {
    case .queued: queued += change
    case .inferred: inferred += change
    default: break
    }
  }

  /// The first job that waits for its turn.
  mutating func nextQueued() -> Int? {
    while firstQueued < jobs.count {
      if case .queued = jobs[firstQueued].state { return firstQueued }
      firstQueued += 1
    }
    return nil
  }

  /// The number of the attempt that is under way for the job at `index`.
  func attempt(at index: Int) -> Int64? {
    if case .running(let running) = jobs[index].state { running.attempt } else { nil }
  }

  var inferredJobs: [JobIdentity] {
    jobs.compactMap { if case .inferred = $0.state { $0.planned.identity } else { nil } }
  }

  var isCancelled: Bool { jobs.contains(where: \.state.isCancelled) }

  /// What went wrong first.
  var firstFailure: Failure? {
    jobs.lazy.compactMap { if case .failed(let failed) = $0.state { failed.failure } else { nil } }.first
  }

  /// How many results wait to be written; not those that nothing writes until a person asks.
  var unwritten: Int { state.isEnded ? 0 : inferred }

  /// Whether it is the line's: something of it is to begin.
  var isToBeLinedUp: Bool {
    switch state {
    case .waiting: queued > 0 || (open == 0 && inferred > 0)
    case .working: queued > 0
    default: false
    }
  }

  /// Whether all that is left is to write its results.
  var isToBeCommitted: Bool { state == .working && open == 0 && inferred > 0 }

  // MARK: As it is written down

  var record: SessionRecord {
    let phase: SessionRecord.Phase =
      switch state {
      case .waiting, .preparing, .held: .queued
      case .working, .delayed: .working
      case .committing: .committing
      case .ended: isCancelled ? .cancelled : .failed
      }
    return SessionRecord(
      path: work.directory, phase: phase, arrivedAt: place.arrivedAt, firstAt: place.firstAt,
      request: request, isRetraining: isRetraining)
  }

  func record(of index: Int, wall: (Moment) -> Int64) -> JobRecord {
    let job = jobs[index]
    let tries = job.state.tries
    return JobRecord(
      path: work.directory, job: job.planned.identity, fingerprint: job.planned.fingerprint,
      // What was refused is judged anew by the limits of the next run.
      state: job.isRefused ? .queued : job.state.stored(wall: wall), attempts: tries.attempts,
      breaches: tries.breaches)
  }
}

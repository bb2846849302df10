import Configuration
import Jobs
import Parameters
import Store
import TestSupport
import Vocabulary
import WorkerProtocol

@testable import Scheduling

/// A book with a clock that is moved by hand; what the book wants done is done at once, or noted.
struct BookWorld {
  var book: JobBook
  private(set) var moment: Moment
  private(set) var wall: Int64 = 1_800_000_000
  /// Workers that are under way, in the order in which they began.
  private(set) var running: [Start] = []
  private(set) var started: [Start] = []
  private(set) var stopped: [Int64] = []
  private(set) var leased: Set<String> = []
  /// Leases that somebody else has taken from us, which nobody has asked for again.
  private(set) var taken: Set<String> = []
  private(set) var reconsidered: [String] = []
  /// Of those, the ones that owe nothing.
  private(set) var reconsideredAsDone: [String] = []
  private(set) var discarded: [String] = []
  private(set) var events: [WorkEvent] = []
  /// What a store would have.
  private(set) var stored = StoredState()
  /// Why a directory's lease cannot be had.
  var leaseFailures: [String: Failure] = [:]
  /// Leases that are asked for and not answered yet.
  var slow: Set<String> = []
  private(set) var waitingForLease: [String] = []
  var readings = Readings(freeDiskBytes: 1 << 40)
  private(set) var hold: Hold?

  init(
    jobs: Int = 2, seed: UInt64 = 1, stored: StoredState = StoredState(),
    _ change: (inout Configuration) -> Void = { _ in }
  ) {
    var configuration = Configuration.default
    configuration.limits.jobs = .count(jobs)
    change(&configuration)
    self.stored = stored
    book = JobBook(
      stored, rules: Self.rules(configuration), executor: "made up", random: SeededNumbers(seed: seed))
    moment = .now
  }

  static func rules(_ configuration: Configuration, machineMemoryBytes: Int = 16 << 30) -> JobBook.Rules {
    WorkSettings(configuration, spool: "/spool", cores: 2, machineMemoryBytes: machineMemoryBytes).rules
  }

  var now: Now { Now(moment: moment, wall: wall) }

  // MARK: What happens

  mutating func enqueue(_ work: Work) { perform(book.enqueue(work, at: now)) }

  mutating func withdraw(_ directory: String) { perform(book.withdraw(directory, at: now)) }

  mutating func advance(_ duration: Duration) {
    moment += duration
    wall += Int64(duration / .seconds(1))
    goOn()
  }

  mutating func answerLease(_ directory: String, _ failure: Failure? = nil) {
    slow.remove(directory)
    waitingForLease.removeAll { $0 == directory }
    if failure == nil { leased.insert(directory) }
    perform(book.prepared(directory, failure, at: now))
  }

  mutating func loseLease(_ directory: String) {
    taken.insert(directory)
    let failure = Failure(.temporary, directory, "was taken by rig2", remedy: "")
    perform(book.leaseLost(directory, failure, at: now))
  }

  mutating func end(_ attempt: Int64, _ end: ExecutionEnd) {
    var end = end
    if let start = running.first(where: { $0.attempt == attempt }), case .commit = start.task,
      taken.contains(start.source.directory)
    {
      // What is written is written under a lease.
      end = Self.failure(.temporary, .notStarted)
    }
    running.removeAll { $0.attempt == attempt }
    perform(book.end(attempt, end, at: now))
  }

  /// Ends the worker that has been at work for longest.
  mutating func endFirst(_ end: ExecutionEnd? = nil) {
    let first = running[0]
    self.end(first.attempt, end ?? Self.success(of: first))
  }

  mutating func endAll() { while !running.isEmpty { endFirst() } }

  mutating func perform(_ effects: [BookEffect]) {
    for effect in effects { perform(effect) }
    goOn()
  }

  mutating func goOn() {
    for effect in book.elapse(to: now) { perform(effect) }
    while true {
      let (effects, hold) = book.begin(readings, at: now)
      self.hold = hold
      if effects.isEmpty { return }
      for effect in effects { perform(effect) }
    }
  }

  private mutating func perform(_ effect: BookEffect) {
    switch effect {
    case .prepare(let directory):
      if slow.contains(directory) { return waitingForLease.append(directory) }
      let failure = leaseFailures[directory]
      if failure == nil { leased.insert(directory) }
      for effect in book.prepared(directory, failure, at: now) { perform(effect) }
    case .release(let directory, let changes):
      leased.remove(directory)
      taken.remove(directory)
      for effect in book.released(directory, recording: changes) { perform(effect) }
    case .start(let start):
      running.append(start)
      started.append(start)
    case .stop(let attempt): stopped.append(attempt)
    case .store(let change): stored.apply(change)
    case .reconsider(let directory, let isDone):
      reconsidered.append(directory)
      if isDone { reconsideredAsDone.append(directory) }
    case .discard(let fingerprints): discarded += fingerprints
    case .tell(let event): events.append(event)
    }
  }

  // MARK: How workers end

  static func success(of start: Start) -> ExecutionEnd {
    switch start.task {
    case .infer: ExecutionEnd(result: .success(.inferred(summary)), reason: .finished)
    case .commit: committed
    }
  }

  static let summary = JobSummary(
    origin: .trained, units: 2, trials: 30, steps: 100, bestStep: 99, trainingLoss: 1, validationLoss: 2,
    bitsPerSpike: 0.1, psthBitsPerSpike: 0.1, seconds: 1, warnings: [])
  static let committed = ExecutionEnd(
    result: .success(.commit(.committed(CommitSummary(h5: "s.h5", bytes: 1, ms: 1, exposedMs: 1)))),
    reason: .finished)

  static func failure(_ code: ExitCode, _ reason: ExitReason = .failed) -> ExecutionEnd {
    ExecutionEnd(result: .failure(Failure(code, "s.h5", "made up", remedy: "")), reason: reason)
  }

  // MARK: What is seen

  func state(_ directory: String) -> SessionState? { book.entries[directory]?.state }

  func states(_ directory: String) -> [String] { book.entries[directory]?.jobs.map(\.state.name) ?? [] }

  var runningJobs: [String] {
    running.map { start in
      if case .infer(let job, _) = start.task {
        "\(start.source.directory) \(job.identity.taste)"
      } else {
        "\(start.source.directory) commit"
      }
    }
  }

  func ended(_ directory: String) -> [SessionOutcome.Kind] {
    events.compactMap { event in
      if case .ended(let outcome) = event, outcome.directory == directory { outcome.kind } else { nil }
    }
  }
}

extension StoredState {
  /// As a store would take it.
  mutating func apply(_ change: StoreChange) {
    switch change {
    case .session(let record):
      sessions.removeAll { $0.path == record.path }
      if record.phase != .done { sessions.append(record) }
    case .job(let record):
      jobs.removeAll { $0.path == record.path && $0.job == record.job }
      jobs.append(record)
    case .attemptBegan(let record):
      openAttempts.removeAll { $0.id == record.id }
      openAttempts.append(record)
      lastAttempt = max(lastAttempt, record.id)
    case .attemptEnded(let end): openAttempts.removeAll { $0.id == end.id }
    case .forgetSession(let path):
      sessions.removeAll { $0.path == path }
      jobs.removeAll { $0.path == path }
    case .forgetJob(let path, let job): jobs.removeAll { $0.path == path && $0.job == job }
    case .paused(let isPaused): self.isPaused = isPaused
    }
  }
}

/// Work as an intake would hand it over.
func work(
  _ directory: String, tastes: Range<Int> = 0..<2, fingerprint: String = "f", version: Int64 = 1,
  retrains: Bool = false, priority: Int = 0, units: Int = 2
) -> Work {
  let jobs = tastes.map { taste in
    PlannedJob(
      identity: JobIdentity(region: "all", taste: .index(taste)), digIns: ["dig_in_\(taste)"],
      tasteName: "water",
      unitRows: Array(0..<units), trialsPerTaste: [30], laserTrials: 0, fingerprint: "\(fingerprint)\(taste)",
      existing: .none)
  }
  let stamp = Stamp(device: 1, inode: 7, size: version, modified: version, changed: version)
  let inspection = Inspection(
    name: "s", h5: "s.h5", stamps: ["s.h5": stamp], parameters: .default, stimulus: 2000, jobs: jobs,
    notices: [])
  return Work(
    source: SessionSource(directory: directory), inspection: inspection, jobs: jobs, retrains: retrains,
    priority: priority)
}

import Configuration
import Jobs
import Store
import Vocabulary

/// All that is queued and at work, and what follows from what happens to it. Decides only.
public struct JobBook: Sendable {
  /// What decides about beginning and trying again; another one may take over at any time.
  public struct Rules: Equatable, Sendable {
    public var admission: Admission
    public var retry: RetryPolicy

    public init(admission: Admission, retry: RetryPolicy) {
      self.admission = admission
      self.retry = retry
    }
  }

  /// One worker that is under way, or is being ended.
  struct Attempt: Sendable {
    enum Purpose: Equatable {
      case job(JobIdentity)
      case commit
      /// Nobody waits for its end.
      case none
    }

    var purpose: Purpose
    /// Memory that its shape makes expect.
    let estimateBytes: Int
    /// What is under way for longer hangs, on a server that does not answer, where it cannot even be killed: others go on
    /// beside it.
    let overdueAt: Moment
    /// As it is written down.
    var record: AttemptRecord

    var directory: String { record.path }
  }

  var rules: Rules
  var entries: [String: Entry] = [:]
  var attempts: [Int64: Attempt] = [:]
  var line = SortedArray<LinedUp>()
  /// Sessions whose results are to be written, in the order in which they were ready.
  var commits: [String] = []
  var due = SortedArray<DueTime>()
  /// How many jobs there are of each fingerprint, those that are remembered included: copies of a session have the same,
  /// and share what is in the spool.
  private(set) var uses: [String: Int] = [:]
  /// Results that wait to be written.
  private(set) var unwritten = 0
  /// Sessions whose lease is being taken.
  var preparing: [String: Preparing] = [:]
  var correction = MemoryCorrection()
  var isPaused: Bool
  /// Nothing is begun any more.
  var isStopping = false
  private var lastAttempt: Int64
  var arrivals = 0
  /// Sessions that have no work here yet: what an earlier run of the daemon left, and what was asked for.
  var remembered: [String: Remembered]
  /// For the history.
  let executor: String
  private var random: any RandomNumberGenerator & Sendable

  struct Preparing: Sendable {
    let since: Moment
    let place: Place
  }

  struct Remembered: Sendable {
    var session: SessionRecord
    var jobs: [JobIdentity: JobRecord] = [:]
    /// Those that may still be under way.
    var attempts: [JobIdentity: AttemptRecord] = [:]
    /// There is nothing to be remembered but what a person asked for.
    var isForRequest = false
  }

  /// How soon a session that somebody else works on, or a script of the pipeline, is looked at again.
  static let lookAgain = Duration.seconds(60)
  /// Writing is the disk's work.
  static let mostCommits = 2
  /// How long a commit may take, which has nothing but its disk to wait for; and what a job that took its time may take to
  /// end, once it is killed.
  static let (commitPatience, endPatience) = (Duration.seconds(120), Duration.seconds(60))
  /// Beside so many that hang others go on.
  static let mostOverdue = 16
  /// With so many results that cannot be written, in files that are open or on disks that are full, no other session is
  /// begun: the spool is not to lose any.
  static let mostUnwritten = 500
  /// How many sessions there is room for from the beginning: a table that grows moves them all in one step.
  private static let usualSessions = 3000
  /// How long the line waits for a lease before it goes on with the next session, and for how many at once: so many
  /// servers may hang.
  static let (patience, mostPreparing) = (Duration.seconds(1), 16)

  public init(
    _ stored: StoredState, rules: Rules, executor: String,
    random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
  ) {
    self.rules = rules
    self.random = random
    self.executor = executor
    isPaused = stored.isPaused
    entries.reserveCapacity(Self.usualSessions)
    lastAttempt = stored.lastAttempt
    remembered = Dictionary(
      stored.sessions.map { ($0.path, Remembered(session: $0)) }, uniquingKeysWith: { $1 })
    for job in stored.jobs { remembered[job.path]?.jobs[job.job] = job }
    for attempt in stored.openAttempts where attempt.handle != nil && attempt.executor == executor {
      if let job = attempt.work.job { remembered[attempt.path]?.attempts[job] = attempt }
    }
    for memory in remembered.values { count(memory.jobs.values.map(\.fingerprint), 1) }
    for (path, memory) in remembered where memory.jobs.isEmpty && memory.session.request != nil {
      remembered[path]!.isForRequest = true
    }
  }

  mutating func chance() -> Double { Double.random(in: 0..<1, using: &random) }

  mutating func nextAttempt() -> Int64 {
    lastAttempt += 1
    return lastAttempt
  }

  // MARK: What is kept of each session

  mutating func takeRemembered(_ directory: String) -> Remembered? {
    guard let memory = remembered.removeValue(forKey: directory) else { return nil }
    count(memory.jobs.values.map(\.fingerprint), -1)
    return memory
  }

  func discard(_ fingerprints: Set<String>) -> [BookEffect] {
    fingerprints.isEmpty ? [] : [.discard(fingerprints: fingerprints.sorted())]
  }

  /// Ends the workers of a session's jobs; the jobs themselves stay as they are.
  mutating func stopAll(of directory: String) -> [BookEffect] {
    let entry = entries[directory]!
    return entry.jobs.indices.compactMap { entry.attempt(at: $0) }.map { attempt in
      attempts[attempt]?.purpose = .none
      return .stop(attempt: attempt)
    }
  }

  /// Takes a session out of the book.
  ///
  /// - Parameter changes: what says that it is over.
  mutating func remove(_ directory: String, recording changes: [StoreChange]) -> [BookEffect] {
    guard let entry = entries.removeValue(forKey: directory) else { return [] }
    count(entry, -1)
    if let linedUp = entry.linedUp { line.remove(linedUp) }
    commits.removeAll { $0 == directory }
    for (index, job) in entry.jobs.enumerated() { due.remove(job.state, directory, index) }
    due.remove(entry.state, directory)
    return release(entry, recording: changes)
  }

  private func release(_ entry: Entry, recording changes: [StoreChange]) -> [BookEffect] {
    entry.state.isOurs
      ? [.release(directory: entry.work.directory, recording: changes)] : changes.map { .store($0) }
  }

  /// Leaves only those jobs of a session that `keep` wants.
  mutating func filter(_ directory: String, _ keep: (Entry.Job) -> Bool) {
    change(directory) { $0.filter(keep) }
  }

  /// Gives a session other jobs.
  mutating func change(_ directory: String, _ body: (inout Entry) -> Void) {
    count(entries[directory]!, -1)
    body(&entries[directory]!)
    count(entries[directory]!, 1)
  }

  private mutating func count(_ entry: Entry, _ change: Int) {
    count(entry.jobs.map(\.planned.fingerprint), change)
    unwritten += change * entry.unwritten
  }

  private mutating func count(_ fingerprints: [String], _ change: Int) {
    for fingerprint in fingerprints {
      let count = uses[fingerprint, default: 0] + change
      uses[fingerprint] = count > 0 ? count : nil
    }
  }

  /// Of all results that somebody waits for: what else is in the spool is nobody's.
  public var neededFingerprints: Set<String> { Set(uses.keys) }

  /// Those of a session's jobs whose results another session needs as well.
  func shared(_ jobs: [JobIdentity], of entry: Entry) -> [JobIdentity] {
    jobs.filter { job in
      entry.index(of: job).map { uses[entry.jobs[$0].planned.fingerprint, default: 0] > 1 } ?? false
    }
  }

  // MARK: What follows

  /// Brings a session in line with the state of its jobs.
  mutating func settle(_ directory: String, at now: Now) -> [BookEffect] {
    guard let entry = entries[directory] else { return [] }
    var effects: [BookEffect] = []
    switch entry.state {
    case .ended where entry.open > 0: effects += set(.waiting, for: directory)
    case .delayed where entry.open > 0: effects += set(.working, for: directory)
    case .waiting, .working:
      if entry.open == 0, entry.inferred == 0 { effects += end(directory, at: now) }
    default: break
    }
    lineUp(directory)
    return effects
  }

  /// A session that has nothing left to do, and nothing to write.
  ///
  /// - Parameter isAsked: a person wanted it.
  mutating func end(
    _ directory: String, failure: Failure? = nil, isAsked: Bool = false, at now: Now
  ) -> [BookEffect] {
    let entry = entries[directory]!
    let outcome = SessionOutcome(
      kind: entry.isCancelled ? .cancelled : .failed, inspection: entry.work.inspection, directory: directory,
      jobs: entry.jobs.map { .init(planned: $0.planned, state: $0.state) }, commit: nil, failure: failure,
      beganAt: entry.beganAt)
    // What was remembered as failed, or cancelled, is not told once more.
    let isNew = entry.beganAt != nil || isAsked || failure != nil
    entries[directory]!.beganAt = nil
    return leave(directory, failure) + (isNew ? [.tell(.ended(outcome))] : [])
  }

  /// Nothing more happens to the session by itself: its lease is given back, if it is ours.
  mutating func leave(_ directory: String, _ failure: Failure? = nil) -> [BookEffect] {
    let before = entries[directory]!
    put(.ended(failure), for: directory)
    return release(before, recording: [.session(entries[directory]!.record)])
  }

  mutating func set(_ state: SessionState, for directory: String) -> [BookEffect] {
    let before = entries[directory]!.record
    put(state, for: directory)
    let record = entries[directory]!.record
    return record == before ? [] : [.store(.session(record))]
  }

  private mutating func put(_ state: SessionState, for directory: String) {
    due.remove(entries[directory]!.state, directory)
    unwritten -= entries[directory]!.unwritten
    entries[directory]!.state = state
    unwritten += entries[directory]!.unwritten
    due.insert(state, directory)
    lineUp(directory)
  }

  /// Puts the session where something of it is to begin, and nowhere else.
  mutating func lineUp(_ directory: String) {
    let entry = entries[directory]!
    let wanted = entry.isToBeLinedUp ? LinedUp(place: entry.place, directory: directory) : nil
    if wanted != entry.linedUp {
      if let linedUp = entry.linedUp { line.remove(linedUp) }
      if let wanted { line.insert(wanted) }
      entries[directory]!.linedUp = wanted
    }
    let isListed = commits.contains(directory)
    if entry.isToBeCommitted, !isListed { commits.append(directory) }
    if !entry.isToBeCommitted, isListed { commits.removeAll { $0 == directory } }
  }

  mutating func set(_ state: JobState, at index: Int, of directory: String, at now: Now) -> [BookEffect] {
    due.remove(entries[directory]!.jobs[index].state, directory, index)
    unwritten -= entries[directory]!.unwritten
    entries[directory]!.set(state, at: index)
    unwritten += entries[directory]!.unwritten
    due.insert(state, directory, index)
    return [stored(index, of: directory, at: now)]
  }

  func stored(_ index: Int, of directory: String, at now: Now) -> BookEffect {
    .store(.job(entries[directory]!.record(of: index) { now.wall(at: $0) }))
  }
}

extension SortedArray<DueTime> {
  mutating func insert(_ state: JobState, _ directory: String, _ job: Int) {
    if case .retrying(let retrying) = state {
      insert(DueTime(due: retrying.due, directory: directory, job: job))
    }
  }

  mutating func remove(_ state: JobState, _ directory: String, _ job: Int) {
    if case .retrying(let retrying) = state {
      remove(DueTime(due: retrying.due, directory: directory, job: job))
    }
  }

  mutating func insert(_ state: SessionState, _ directory: String) {
    if let due = state.due { insert(DueTime(due: due, directory: directory, job: nil)) }
  }

  mutating func remove(_ state: SessionState, _ directory: String) {
    if let due = state.due { remove(DueTime(due: due, directory: directory, job: nil)) }
  }
}

extension SessionState {
  fileprivate var due: Moment? {
    switch self {
    case .held(_, let due): due
    case .delayed(let delay): delay.due
    default: nil
    }
  }
}

extension AttemptRecord.Work {
  fileprivate var job: JobIdentity? { if case .inference(let job, _) = self { job } else { nil } }
}

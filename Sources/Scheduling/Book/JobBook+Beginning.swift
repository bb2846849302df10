import Jobs
import Store
import Vocabulary

// What begins next.
extension JobBook {
  /// Everything that may begin now.
  ///
  /// - Returns: and why no more does, where something still waits.
  public mutating func begin(_ readings: Readings, at now: Now) -> (effects: [BookEffect], hold: Hold?) {
    if isStopping { return ([], nil) }
    var effects: [BookEffect] = []
    while let commit = nextCommit(at: now) { effects += commit }
    while true {
      switch nextJob(readings, at: now) {
      case .begun(let more): effects += more
      case .hold(let hold): return (effects, hold)
      case .nothing: return (effects, nil)
      }
    }
  }

  private mutating func nextCommit(at now: Now) -> [BookEffect]? {
    // Pressure and hours are no reason to withhold what is finished; a person who pauses wants nothing to be written.
    guard !isPaused, let directory = commits.first, mayCommit(at: now) else { return nil }
    let entry = entries[directory]!
    let jobs = entry.inferredJobs
    let estimate = MemoryEstimate.bytes(
      forCommitOf: entry.jobs.filter(\.state.isInferred).map(\.planned), entry.work.inspection.parameters)
    let id = nextAttempt()
    let record = AttemptRecord(
      id: id, path: directory, work: .commit, number: entry.commitTries.attempts + 1, executor: executor,
      beganAt: now.wall)
    attempts[id] = Attempt(
      purpose: .commit, estimateBytes: estimate,
      overdueAt: now.moment + Self.commitPatience, record: record)
    let effects = set(.committing(.init()), for: directory)
    return effects + [
      .store(.attemptBegan(record)),
      .start(
        Start(
          attempt: id, source: entry.work.source, inspection: entry.work.inspection,
          task: .commit(jobs, sharing: shared(jobs, of: entry)))),
    ]
  }

  private func mayCommit(at now: Now) -> Bool {
    let commits = attempts.values.filter { $0.purpose == .commit }
    return commits.count - overdue(commits, at: now) < Self.mostCommits
  }

  /// How many of them hang, and do not count.
  private func overdue(_ attempts: [Attempt], at now: Now) -> Int {
    min(attempts.count { $0.overdueAt <= now.moment }, Self.mostOverdue)
  }

  private enum Step {
    case begun([BookEffect])
    case hold(Hold)
    case nothing
  }

  /// Jobs that take up room: those that run, and those that are being ended; and the memory that they take, with what
  /// is being written.
  private func running(at now: Now) -> (count: Int, bytes: Int) {
    let jobs = attempts.values.filter { $0.purpose != .commit }
    let bytes = attempts.values.reduce(0) { sum, attempt in
      sum + (attempt.purpose == .commit ? attempt.estimateBytes : correction.corrected(attempt.estimateBytes))
    }
    return (jobs.count - overdue(jobs, at: now), bytes)
  }

  private mutating func nextJob(_ readings: Readings, at now: Now) -> Step {
    guard line.first != nil || !preparing.isEmpty else { return .nothing }
    let (count, bytes) = running(at: now)
    if let hold = rules.admission.hold(readings, isPaused: isPaused, running: count) { return .hold(hold) }
    guard let next = nextInLine(at: now) else {
      return mayTakeSessions || line.first == nil ? .nothing : .hold(.unwritten(unwritten))
    }
    if entries[next.directory]!.state == .waiting { return .begun(prepare(next, at: now)) }
    guard let index = entries[next.directory]!.nextQueued() else { return .nothing }
    let needed = correction.corrected(entries[next.directory]!.jobs[index].estimateBytes)
    if let hold = rules.admission.hold(neededBytes: needed, usedBytes: bytes, running: count) {
      return .hold(hold)
    }
    return .begun(start(index, of: next.directory, at: now))
  }

  private var mayTakeSessions: Bool { unwritten < Self.mostUnwritten }

  /// A session whose lease is being taken is not overtaken, unless its server is slow.
  private func nextInLine(at now: Now) -> LinedUp? {
    let quick = preparing.values.filter { now.moment - $0.since < Self.patience }
    let mayPrepare = preparing.count - quick.count < Self.mostPreparing
    let mayTakeAll = mayTakeSessions
    let next = line.elements.first { place in
      let entry = entries[place.directory]!
      // One that has results is to write them, whatever waits elsewhere.
      return entry.state != .waiting || mayPrepare && (mayTakeAll || entry.inferred > 0)
    }
    guard let next, let waitsFor = quick.map(\.place).min() else { return next }
    return next.place < waitsFor ? next : nil
  }

  private mutating func prepare(_ next: LinedUp, at now: Now) -> [BookEffect] {
    let effects = set(.preparing(since: now.moment), for: next.directory)
    // An earlier entry of the same directory may have asked for it already.
    guard preparing[next.directory] == nil else { return effects }
    preparing[next.directory] = Preparing(since: now.moment, place: next.place)
    return effects + [.prepare(directory: next.directory)]
  }

  private mutating func start(_ index: Int, of directory: String, at now: Now) -> [BookEffect] {
    let entry = entries[directory]!
    let job = entry.jobs[index]
    guard case .queued(let queued) = job.state else { return [] }
    let id = queued.unfinished?.id ?? nextAttempt()
    let number = queued.tries.attempts + 1
    let record = AttemptRecord(
      id: id, path: directory, work: .inference(job.planned.identity, fingerprint: job.planned.fingerprint),
      number: number, executor: executor, handle: queued.unfinished?.handle, beganAt: now.wall)
    attempts[id] = Attempt(
      purpose: .job(job.planned.identity), estimateBytes: job.estimateBytes,
      overdueAt: now.moment + rules.admission.limits.wallTimePerJob + Self.endPatience, record: record)
    if entry.beganAt == nil { entries[directory]!.beganAt = now.wall }
    let effects = set(.running(queued.begin(id, at: now.moment)), at: index, of: directory, at: now)
    lineUp(directory)
    let start = Start(
      attempt: id, source: entry.work.source, inspection: entry.work.inspection,
      task: .infer(job.planned, retrains: entry.work.retrains), handle: record.handle)
    return effects + [
      .store(.attemptBegan(record)), .tell(.began(directory: directory, job.planned, number: number)),
      .start(start),
    ]
  }

  // MARK: Leases

  /// The lease of a session's directory was taken, or was not.
  public mutating func prepared(_ directory: String, _ failure: Failure?, at now: Now) -> [BookEffect] {
    preparing[directory] = nil
    guard let entry = entries[directory], case .preparing = entry.state else {
      // It went away meanwhile.
      return failure == nil ? [.release(directory: directory, recording: [])] : []
    }
    guard let failure else {
      entries[directory]!.isHeldTold = false
      return set(.working, for: directory) + settle(directory, at: now)
    }
    return hold(directory, failure, at: now)
  }

  /// What is in the way is told once, although it is looked at every minute.
  private mutating func hold(_ directory: String, _ failure: Failure, at now: Now) -> [BookEffect] {
    let isTold = entries[directory]!.isHeldTold
    entries[directory]!.isHeldTold = true
    return set(.held(failure, due: now.moment + Self.lookAgain), for: directory)
      + (isTold ? [] : [.tell(.held(directory: directory, failure))])
  }

  /// The lease was given back: now it may be written down that the session is over, unless it has work again, or
  /// something was asked for it.
  public func released(_ directory: String, recording changes: [StoreChange]) -> [BookEffect] {
    if changes.isEmpty { return [] }
    let record = entries[directory]?.record ?? remembered[directory]?.session
    return record.map { [.store(.session($0))] } ?? changes.map { .store($0) }
  }

  /// Somebody else took the session from us: nothing of it may be written.
  public mutating func leaseLost(_ directory: String, _ failure: Failure, at now: Now) -> [BookEffect] {
    guard let entry = entries[directory], entry.state.isOurs else { return [] }
    // The commit compares what it finds, under a lock of its own: it is the next step that needs the lease.
    if entries[directory]!.noteWhileCommitting({ $0.leaseLoss = failure }) { return [] }
    var effects = stopAll(of: directory)
    for index in entry.jobs.indices {
      if case .running(let running) = entry.jobs[index].state {
        effects += set(.queued(running.lose()), at: index, of: directory, at: now)
      }
    }
    effects += hold(directory, failure, at: now)
    return effects + [.release(directory: directory, recording: [])]
  }

  // MARK: Time

  /// When something falls due after `now`, if anything does.
  public func nextDue(after now: Now) -> Moment? {
    // The line goes on without a session whose lease takes long.
    let leases = preparing.values.map { $0.since + Self.patience }
    let overdue = attempts.values.map(\.overdueAt)
    let patience = (leases + overdue).filter { $0 > now.moment }.min()
    return [due.first?.due, patience].compactMap(\.self).min()
  }

  /// What has fallen due is queued again.
  public mutating func elapse(to now: Now) -> [BookEffect] {
    var effects: [BookEffect] = []
    while let next = due.first, next.due <= now.moment {
      due.remove(next)
      effects += fallDue(next, at: now)
    }
    return effects
  }

  private mutating func fallDue(_ next: DueTime, at now: Now) -> [BookEffect] {
    guard let entry = entries[next.directory] else { return [] }
    if let index = next.job {
      guard case .retrying(let retrying) = entry.jobs[index].state else { return [] }
      return set(.queued(retrying.fallDue()), at: index, of: next.directory, at: now)
        + settle(next.directory, at: now)
    }
    switch entry.state {
    case .held: return set(.waiting, for: next.directory) + settle(next.directory, at: now)
    case .delayed: return set(.working, for: next.directory) + settle(next.directory, at: now)
    default: return []
    }
  }
}

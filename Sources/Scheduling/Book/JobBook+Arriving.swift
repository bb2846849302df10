import Jobs
import Store
import Vocabulary

// Work that comes, changes and goes.
extension JobBook {
  /// A session has work. What is known of the same jobs of the same data stays.
  public mutating func enqueue(_ work: Work, at now: Now) -> [BookEffect] {
    let directory = work.directory
    if entries[directory] == nil {
      entries[directory] = Entry(work, place: place(of: work, at: now))
      entries[directory]!.request = remembered[directory]?.session.request
    } else if entries[directory]!.noteWhileCommitting({ $0.meanwhile = .work(work) }) {
      return []
    }
    return merge(work, at: now) + settle(directory, at: now)
  }

  private mutating func place(of work: Work, at now: Now) -> Place {
    arrivals += 1
    let before = remembered[work.directory]?.session
    return Place(
      firstAt: before?.firstAt, priority: work.priority, arrivedAt: before?.arrivedAt ?? now.wall,
      number: arrivals)
  }

  mutating func merge(_ work: Work, at now: Now) -> [BookEffect] {
    let directory = work.directory
    let before = entries[directory]!
    let remembered = takeRemembered(directory)
    let memory = remembered?.jobs ?? [:]
    // What a person asks for anew begins anew; what was begun before a restart goes on.
    let isRetrainingAlready = before.jobs.isEmpty && remembered?.session.isRetraining == true
    let startsOver = work.retrains && !isRetrainingAlready
    let isSame = isSame(work, before, memory)
    var effects: [BookEffect] = []
    var jobs: [(planned: PlannedJob, state: JobState, estimateBytes: Int)] = []
    var kept: Set<JobIdentity> = []
    for planned in work.jobs {
      var state = JobState.new
      if !startsOver, let known = known(planned, before, remembered, at: now), isSame || !known.isCancelled {
        state = known
        kept.insert(planned.identity)
      }
      let estimate = MemoryEstimate.bytes(for: planned, work.inspection.parameters)
      jobs.append((planned, state, estimate))
    }
    for (index, job) in before.jobs.enumerated() {
      due.remove(job.state, directory, index)
      guard !kept.contains(job.planned.identity) else { continue }
      effects += letGo(index, of: before, startsOver: startsOver, data: work.inspection)
    }
    let gone = Set(before.jobs.map(\.planned.identity)).union(memory.keys)
      .subtracting(work.jobs.map(\.identity))
    change(directory) { $0.replace(work, jobs: jobs) }
    entries[directory]!.isRetraining = work.retrains
    effects.append(.store(.session(entries[directory]!.record)))
    for index in jobs.indices {
      due.insert(entries[directory]!.jobs[index].state, directory, index)
      effects += refuse(index, of: directory, after: before)
      effects.append(stored(index, of: directory, at: now))
    }
    return effects
      + gone.sorted { $0.description < $1.description }.map { .store(.forgetJob(path: directory, $0)) }
  }

  /// What is known of a job of the same data and parameters.
  private func known(
    _ planned: PlannedJob, _ before: Entry, _ memory: Remembered?, at now: Now
  ) -> JobState? {
    if let index = before.index(of: planned.identity) {
      let job = before.jobs[index]
      return job.planned.fingerprint == planned.fingerprint && !job.isRefused ? job.state : nil
    }
    guard let record = memory?.jobs[planned.identity], record.fingerprint == planned.fingerprint
    else { return nil }
    let attempt = memory?.attempts[planned.identity]
    return .restored(
      record.state, Tries(attempts: record.attempts, breaches: record.breaches),
      unfinished: attempt.flatMap { UnfinishedAttempt($0, fingerprint: planned.fingerprint) },
      due: { now.moment(at: $0, longest: rules.retry.longestDelay) })
  }

  /// Whether every job has the data and the parameters that it is known with.
  private func isSame(_ work: Work, _ before: Entry, _ memory: [JobIdentity: JobRecord]) -> Bool {
    work.jobs.allSatisfy { job in
      let known = before.index(of: job.identity).map { before.jobs[$0].planned.fingerprint }
      return (known ?? memory[job.identity]?.fingerprint) == job.fingerprint
    }
  }

  /// Nobody wants the job's result any more. Where the data are the same and it is not to be inferred anew, other
  /// parameters are wanted now, and what runs may finish under the old ones.
  private mutating func letGo(
    _ index: Int, of entry: Entry, startsOver: Bool, data: Inspection
  ) -> [BookEffect] {
    guard let attempt = entry.attempt(at: index) else { return [] }
    attempts[attempt]?.purpose = .none
    if !startsOver, entry.work.inspection.stamps == data.stamps { return [] }
    return [
      .stop(attempt: attempt),
      .tell(.stopped(directory: entry.work.directory, entry.jobs[index].planned.identity)),
    ]
  }

  /// A job that is queued and can never fit is not begun.
  ///
  /// - Parameter before: the session as it was; what was refused then, and is refused again, is not told again.
  mutating func refuse(_ index: Int, of directory: String, after before: Entry? = nil) -> [BookEffect] {
    let job = entries[directory]!.jobs[index]
    guard case .queued(let queued) = job.state,
      let refusal = rules.admission.refusal(of: job.planned, in: directory, neededBytes: job.estimateBytes)
    else { return [] }
    entries[directory]!.set(.failed(queued.refuse(refusal)), at: index, isRefused: true)
    let known = before?.index(of: job.planned.identity).flatMap { before?.jobs[$0] }
    let isKnown = known?.isRefused == true && known?.planned.fingerprint == job.planned.fingerprint
    return isKnown ? [] : [.tell(.failed(directory: directory, job.planned, refusal))]
  }

  /// The session, or what was to be done for it, is gone. What is being written is finished all the same.
  public mutating func withdraw(_ directory: String, at now: Now) -> [BookEffect] {
    guard entries[directory] != nil else {
      return takeRemembered(directory) == nil ? [] : [.store(.forgetSession(path: directory))]
    }
    if entries[directory]!.noteWhileCommitting({ $0.meanwhile = .withdrawn }) { return [] }
    return stopAll(of: directory) + remove(directory, recording: [.forgetSession(path: directory)])
  }

  /// Everything has been looked at: what an earlier run had queued and is not there any more is forgotten.
  ///
  /// - Parameter sessions: those that are there. They may still settle, or be read.
  public mutating func forgetUnseen(but sessions: Set<String>) -> [BookEffect] {
    remembered.keys.filter { !sessions.contains($0) }.sorted().flatMap { forget($0) }
  }

  /// A session that an earlier run had queued is done: the daemon died after its commit, or somebody else did it.
  public mutating func forgetWhatIsDone(_ directory: String) -> [BookEffect] {
    entries[directory] == nil && remembered[directory] != nil ? forget(directory) : []
  }

  private mutating func forget(_ directory: String) -> [BookEffect] {
    let jobs = takeRemembered(directory)?.jobs ?? [:]
    // Its results are in the .h5, or nobody's.
    let fingerprints = Set(jobs.values.map(\.fingerprint)).filter { uses[$0] == nil }
    return [.store(.forgetSession(path: directory))] + discard(fingerprints)
  }
}

extension UnfinishedAttempt {
  /// Nil where it works on other data.
  fileprivate init?(_ record: AttemptRecord, fingerprint: String) {
    guard let handle = record.handle, case .inference(_, fingerprint) = record.work else { return nil }
    self.init(id: record.id, handle: handle)
  }
}

import Store
import Vocabulary

// What people ask for.
extension JobBook {
  /// What has failed, was cancelled, or waits, is tried now, as if for the first time.
  ///
  /// - Returns: nil where the session has no such work here.
  public mutating func retry(_ directory: String, at now: Now) -> [BookEffect]? {
    guard let entry = entries[directory] else { return nil }
    if case .committing = entry.state { return [] }
    var effects: [BookEffect] = []
    for (index, job) in entry.jobs.enumerated() {
      let next: Queued? =
        switch job.state {
        case .failed(let failed): failed.askAgain()
        case .cancelled(let cancelled): cancelled.askAgain()
        case .retrying(let retrying): retrying.askAgain()
        case .queued, .running, .inferred: nil
        }
      if let next {
        effects += set(.queued(next), at: index, of: directory, at: now) + refused(index, directory, at: now)
      }
    }
    entries[directory]!.commitTries = Tries()
    switch entry.state {
    case .held, .ended: effects += set(.waiting, for: directory)
    case .delayed: effects += set(.working, for: directory)
    default: break
    }
    return effects + settle(directory, at: now)
  }

  private mutating func refused(_ index: Int, _ directory: String, at now: Now) -> [BookEffect] {
    let refusal = refuse(index, of: directory)
    return refusal.isEmpty ? [] : refusal + [stored(index, of: directory, at: now)]
  }

  /// Ends what runs and drops what waits; nothing of it is written. What is being written already is left to finish.
  ///
  /// - Throws: `Failure` where it is too late, or there is nothing to cancel.
  public mutating func cancel(_ directory: String, at now: Now) throws(Failure) -> [BookEffect] {
    guard let entry = entries[directory], !entry.state.isEnded || entry.inferred > 0 else {
      throw Failure(.noInput, directory, "has no work that could be cancelled", remedy: "see blechctl why")
    }
    if case .committing = entry.state {
      throw Failure(
        .temporary, directory, "its results are being written; it is too late to cancel",
        remedy: "wait a moment")
    }
    var effects = stopAll(of: directory)
    let shared = Set(shared(entry.inferredJobs, of: entry))
    let inferred = entry.jobs.filter { $0.state.isInferred && !shared.contains($0.planned.identity) }
    effects += discard(Set(inferred.map(\.planned.fingerprint)))
    for (index, job) in entry.jobs.enumerated() {
      let next: Cancelled? =
        switch job.state {
        case .queued(let state): state.cancel()
        case .running(let state): state.cancel()
        case .retrying(let state): state.cancel()
        case .inferred(let state): state.cancel()
        case .failed, .cancelled: nil
        }
      if let next { effects += set(.cancelled(next), at: index, of: directory, at: now) }
    }
    return effects + end(directory, isAsked: true, at: now)
  }

  /// Puts the session before all others.
  ///
  /// - Returns: nil where nothing of the session waits here.
  public mutating func putFirst(_ directory: String, at now: Now) -> [BookEffect]? {
    guard let entry = entries[directory], !entry.state.isEnded else { return nil }
    entries[directory]!.place.firstAt = now.wall
    lineUp(directory)
    if commits.contains(directory) {
      commits.removeAll { $0 == directory }
      commits.insert(directory, at: 0)
    }
    return [.store(.session(entries[directory]!.record))]
  }

  /// The session's root has another priority now.
  public mutating func setPriority(of directory: String, to priority: Int) {
    guard entries[directory] != nil else { return }
    entries[directory]!.place.priority = priority
    lineUp(directory)
  }

  /// While it is paused no job begins, and nothing is written.
  public mutating func setPaused(_ isPaused: Bool) -> [BookEffect] {
    guard self.isPaused != isPaused else { return [] }
    self.isPaused = isPaused
    return [.store(.paused(isPaused))]
  }

  /// Something was asked for a session that may have no work here yet; or that is over.
  public mutating func remember(_ request: SessionRequest?, of directory: String, at now: Now) -> [BookEffect]
  {
    if entries[directory] != nil {
      entries[directory]!.request = request
      return [.store(.session(entries[directory]!.record))]
    }
    guard let before = remembered[directory] else {
      guard let request else { return [.store(.forgetSession(path: directory))] }
      let record = SessionRecord(path: directory, phase: .queued, arrivedAt: now.wall, request: request)
      remembered[directory] = Remembered(session: record, isForRequest: true)
      return [.store(.session(record))]
    }
    if request == nil, before.isForRequest { return withdraw(directory, at: now) }
    remembered[directory]!.session.request = request
    return [.store(.session(remembered[directory]!.session))]
  }

  /// Other limits are in force: what was refused under the old ones is judged anew. What runs is left alone.
  public mutating func apply(_ rules: Rules, at now: Now) -> [BookEffect] {
    self.rules = rules
    var effects: [BookEffect] = []
    // What is being written stays as it is until it is.
    for directory in entries.keys.sorted() where !isCommitting(directory) {
      effects += judge(directory, at: now)
    }
    return effects
  }

  /// Looks again at what was refused, or waits, by the limits in force.
  mutating func judge(_ directory: String, at now: Now) -> [BookEffect] {
    let before = entries[directory]!
    var effects: [BookEffect] = []
    for (index, job) in before.jobs.enumerated() where job.isRefused || job.state.isQueued {
      if case .failed(let failed) = job.state {
        effects += set(.queued(failed.askAgain()), at: index, of: directory, at: now)
      }
      effects += refuse(index, of: directory, after: before)
    }
    return effects + settle(directory, at: now)
  }

  /// The daemon ends: nothing is begun any more. What runs is ended, and is queued again at the next start; what outlives
  /// the daemon is taken up again.
  public mutating func stop(outlived: Bool = false) -> [BookEffect] {
    isStopping = true
    return outlived ? [] : entries.keys.sorted().flatMap { stopAll(of: $0) }
  }
}

extension JobBook {
  /// All that a store must hold, sessions before their jobs.
  func snapshot(at now: Now) -> [StoreChange] {
    var changes: [StoreChange] = [.paused(isPaused)]
    for entry in entries.values.sorted(by: { $0.place < $1.place }) {
      changes.append(.session(entry.record))
      changes += entry.jobs.indices.map { .job(entry.record(of: $0) { now.wall(at: $0) }) }
    }
    for memory in remembered.values.sorted(by: { $0.session.path < $1.session.path }) {
      changes.append(.session(memory.session))
      changes += memory.jobs.values.sorted { $0.job.description < $1.job.description }.map { .job($0) }
    }
    return changes
  }

  /// Sessions whose lease is ours.
  var ours: [String] { entries.filter { $0.value.state.isOurs }.keys.sorted() }

  func isCommitting(_ directory: String) -> Bool {
    if case .committing = entries[directory]?.state { true } else { false }
  }
}

extension JobState {
  fileprivate var isQueued: Bool { if case .queued = self { true } else { false } }
}

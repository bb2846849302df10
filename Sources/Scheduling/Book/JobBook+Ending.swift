import Jobs
import Store
import Vocabulary
import WorkerProtocol

// What follows when workers report, and end.
extension JobBook {
  /// What was heard of an attempt that is under way.
  public mutating func take(_ report: ExecutionReport, of attempt: Int64) -> [BookEffect] {
    if case .handle(let handle) = report {
      attempts[attempt]?.record.handle = handle
      return attempts[attempt].map { [.store(.attemptBegan($0.record))] } ?? []
    }
    guard let known = attempts[attempt], case .job(let job) = known.purpose,
      let index = entries[known.directory]?.index(of: job)
    else { return [] }
    entries[known.directory]!.updateRunning(index) { running in
      switch report {
      case .handle: break
      case .progress(let progress): running.progress = progress
      case .use(let use, let memoryBytes):
        running.use = use
        running.memoryBytes = memoryBytes
      }
    }
    return []
  }

  /// An attempt has ended, however it did.
  public mutating func end(_ id: Int64, _ end: ExecutionEnd, at now: Now) -> [BookEffect] {
    guard let attempt = attempts.removeValue(forKey: id) else { return [] }
    if let peak = end.use.peakMemoryBytes, case .success(.inferred(let summary)) = end.result,
      summary.origin == .trained
    {
      correction.learn(estimatedBytes: attempt.estimateBytes, peakBytes: peak)
    }
    let effects: [BookEffect] = [.store(.attemptEnded(Self.record(id, end, at: now)))]
    switch attempt.purpose {
    case .none: return effects
    case .job(let job): return effects + self.end(job, of: attempt.directory, id, end, at: now)
    case .commit: return effects + endCommit(of: attempt.directory, end, at: now)
    }
  }

  private static func record(_ id: Int64, _ end: ExecutionEnd, at now: Now) -> AttemptEnd {
    var record = AttemptEnd(id: id, endedAt: now.wall, reason: end.reason, use: end.use, log: end.log)
    switch end.result {
    case .success(.inferred(let summary)): record.summary = summary
    case .success: break
    case .failure(let failure): record.failure = failure
    }
    return record
  }

  private mutating func end(
    _ job: JobIdentity, of directory: String, _ id: Int64, _ end: ExecutionEnd, at now: Now
  ) -> [BookEffect] {
    guard let entry = entries[directory], let index = entry.index(of: job),
      case .running(let running) = entry.jobs[index].state, running.attempt == id
    else { return [] }
    let planned = entry.jobs[index].planned
    let next: JobState
    let event: WorkEvent
    switch end.result {
    case .success(.inferred(let summary)):
      next = .inferred(running.finish(summary))
      event = .inferred(directory: directory, planned, summary)
    case .success: (next, event) = failed(running, .unexpectedAnswer, .failed, planned, directory, at: now)
    case .failure(let failure):
      (next, event) = failed(running, failure, end.reason, planned, directory, at: now)
    }
    return set(next, at: index, of: directory, at: now) + [.tell(event)] + settle(directory, at: now)
  }

  private mutating func failed(
    _ running: Running, _ failure: Failure, _ reason: ExitReason, _ job: PlannedJob, _ directory: String,
    at now: Now
  ) -> (JobState, WorkEvent) {
    let verdict = rules.retry.verdict(on: reason, failure, tries: running.tries, chance: chance())
    let state = running.fail(verdict, failure, at: now.moment)
    switch verdict {
    case .atOnce: return (state, .stopped(directory: directory, job.identity))
    case .again(let delay, _): return (state, .retrying(directory: directory, job, failure, after: delay))
    case .never: return (state, .failed(directory: directory, job, failure))
    }
  }

  // MARK: Commits

  private mutating func endCommit(of directory: String, _ end: ExecutionEnd, at now: Now) -> [BookEffect] {
    guard case .committing(let committing) = entries[directory]?.state else { return [] }
    var effects = follow(end, directory, owesRetraining: committing.owesRetraining, at: now)
    if let loss = committing.leaseLoss { effects += leaseLost(directory, loss, at: now) }
    switch committing.meanwhile {
    case .nothing: return entries[directory] == nil ? effects : effects + judge(directory, at: now)
    case .withdrawn: return entries[directory] == nil ? effects : effects + withdraw(directory, at: now)
    case .work(let work):
      // What was written, or thrown away, is inspected anew in any case.
      let isOver = entries[directory].map { $0.state.isOver } ?? true
      return isOver ? effects : effects + merge(work, at: now) + settle(directory, at: now)
    }
  }

  private mutating func follow(
    _ end: ExecutionEnd, _ directory: String, owesRetraining: Bool, at now: Now
  ) -> [BookEffect] {
    switch end.result {
    case .success(.commit(.committed(let summary))):
      committed(summary, directory, owesRetraining: owesRetraining, at: now)
    case .success(.commit(.outdated(let reason))): outdated(reason, directory, at: now)
    case .success(.commit(.waiting(let script, let until))):
      delay(
        directory, Failure(waitingFor: script, in: directory),
        until: now.moment(at: until, longest: Self.lookAgain))
    case .success(.commit(.missing(let jobs))): lost(jobs, of: directory, at: now)
    case .success: commitFailed(directory, .unexpectedAnswer, .failed, at: now)
    case .failure(let failure): commitFailed(directory, failure, end.reason, at: now)
    }
  }

  private mutating func committed(
    _ summary: CommitSummary, _ directory: String, owesRetraining: Bool, at now: Now
  ) -> [BookEffect] {
    let entry = entries[directory]!
    let isWhole = entry.inferred == entry.jobs.count
    let outcome = SessionOutcome(
      kind: isWhole ? .done : .partlyDone, inspection: entry.work.inspection, directory: directory,
      jobs: entry.jobs.map { .init(planned: $0.planned, state: $0.state) }, commit: summary, failure: nil,
      beganAt: entry.beganAt)
    var effects: [BookEffect] = [.tell(.committed(directory: directory, summary))]
    effects += entry.inferredJobs.map { .store(.forgetJob(path: directory, $0)) }
    if isWhole {
      var record = entry.record
      (record.phase, record.request, record.firstAt, record.isRetraining) = (.done, nil, nil, false)
      effects += remove(directory, recording: [.session(record)])
    } else {
      // What has failed stays so, as long as its data are the same.
      filter(directory) { !$0.state.isInferred }
      entries[directory]!.request = nil
      entries[directory]!.isRetraining = false
      entries[directory]!.commitTries = Tries()
      entries[directory]!.beganAt = nil
      effects += leave(directory)
    }
    return effects + [
      .tell(.ended(outcome)),
      .reconsider(directory: directory, isDone: !owesRetraining),
    ]
  }

  /// The data are not those any more that the results were inferred from.
  private mutating func outdated(_ reason: String, _ directory: String, at now: Now) -> [BookEffect] {
    let entry = entries[directory]!
    var effects: [BookEffect] = [.tell(.outdated(directory: directory, reason: reason))]
    effects += entry.inferredJobs.map { .store(.forgetJob(path: directory, $0)) }
    filter(directory) { !$0.state.isInferred }
    if entries[directory]!.jobs.isEmpty {
      // It keeps its place in the line.
      var record = entry.record
      record.phase = .queued
      remembered[directory] = Remembered(session: record)
      effects += remove(directory, recording: [.session(record)])
    } else {
      effects += leave(directory)
    }
    return effects + [.reconsider(directory: directory, isDone: false)]
  }

  private mutating func lost(_ jobs: [JobIdentity], of directory: String, at now: Now) -> [BookEffect] {
    var effects: [BookEffect] = [.tell(.resultsLost(directory: directory, jobs))]
    for job in jobs {
      guard let index = entries[directory]!.index(of: job),
        case .inferred(let inferred) = entries[directory]!.jobs[index].state
      else { continue }
      effects += set(.queued(inferred.loseResult()), at: index, of: directory, at: now)
    }
    return effects + set(.working, for: directory) + settle(directory, at: now)
  }

  private mutating func commitFailed(
    _ directory: String, _ failure: Failure, _ reason: ExitReason, at now: Now
  ) -> [BookEffect] {
    let tries = entries[directory]!.commitTries
    switch rules.retry.commitVerdict(on: reason, failure, tries: tries, chance: chance()) {
    case .atOnce: return set(.working, for: directory)
    case .again(let delay, let tries):
      entries[directory]!.commitTries = tries
      return self.delay(directory, failure, until: now.moment + delay)
    case .never: return end(directory, failure: failure, at: now)
    }
  }

  private mutating func delay(_ directory: String, _ reason: Failure, until due: Moment) -> [BookEffect] {
    let tries = entries[directory]!.commitTries
    let isNew = entries[directory]!.lastDelay != reason
    entries[directory]!.lastDelay = reason
    return set(.delayed(.init(reason: reason, due: due, tries: tries)), for: directory)
      + (isNew ? [.tell(.delayed(directory: directory, reason))] : [])
  }
}

extension SessionState {
  fileprivate var isOver: Bool { if case .ended(nil) = self { true } else { false } }
}

extension JobState {
  var isCancelled: Bool { if case .cancelled = self { true } else { false } }
  var isInferred: Bool { if case .inferred = self { true } else { false } }
}

import Jobs
import Store
import Vocabulary
import WorkerProtocol

/// Has the work done that the intake hands over: what the book decides happens here.
public actor Scheduler {
  private var book: JobBook
  private var settings: WorkSettings
  private let surroundings: Surroundings
  private let inbox: WorkInbox
  private var hold: Hold?
  private var readings: (at: Moment, values: Readings)?
  private var reading: Task<Void, Never>?
  private var timer: (due: Moment, task: Task<Void, Never>)?
  /// By attempt.
  private var workers: [Int64: Task<Void, Never>] = [:]
  /// The last thing that was done about each directory's lease: the next one waits for it.
  private var leases: [String: (number: Int, task: Task<Void, Never>)] = [:]
  private var leaseCount = 0

  /// For how long readings of the machine count, and how soon they are taken again while they keep jobs from beginning.
  private static let (readingsAge, holdInterval) = (Duration.seconds(1), Duration.seconds(5))

  /// - Parameter stored: what an earlier run of the daemon left.
  public init(
    _ stored: StoredState, settings: WorkSettings, inbox: WorkInbox, surroundings: Surroundings
  ) {
    self.settings = settings
    self.inbox = inbox
    self.surroundings = surroundings
    book = JobBook(stored, rules: settings.rules, executor: surroundings.executor.name)
  }

  /// Takes what comes until the inbox is finished.
  public func run() async {
    for await _ in inbox.signals {
      if book.isStopping { continue }
      for letter in inbox.takeAll() { perform(take(letter)) }
      goOn()
    }
  }

  private func take(_ letter: WorkInbox.Letter) -> [BookEffect] {
    switch letter {
    case .enqueue(let work): return book.enqueue(work, at: now)
    case .withdraw(let directory): return book.withdraw(directory, at: now)
    case .prioritise(let directory, let priority): book.setPriority(of: directory, to: priority)
    case .requested(let directory, let request): return book.remember(request, of: directory, at: now)
    case .nothingToDo(let directory): return book.forgetWhatIsDone(directory)
    case .everythingSeen(let sessions): return book.forgetUnseen(but: sessions)
    }
    return []
  }

  private var now: Now { surroundings.now() }

  // MARK: Steps

  /// Begins what may begin, and sees that it is asked again when more may.
  private func goOn() {
    guard !book.isStopping else { return }
    perform(book.elapse(to: now))
    guard let readings, now.moment - readings.at < Self.readingsAge else { return read() }
    let (effects, hold) = book.begin(readings.values, at: now)
    self.hold = hold
    perform(effects)
    setTimer()
  }

  private func read() {
    guard reading == nil else { return }
    reading = Task {
      let values = await surroundings.readings()
      reading = nil
      readings = (now.moment, values)
      goOn()
    }
  }

  private func setTimer() {
    let held = hold?.isTheMachines == true ? now.moment + Self.holdInterval : nil
    guard let next = [held, book.nextDue(after: now)].compactMap(\.self).min() else { return }
    // One that rings too early does no harm; the memory of a sleep that is cancelled is given back at its end only.
    if let timer, timer.due <= next { return }
    timer?.task.cancel()
    let wait = max(next - now.moment, .zero)
    let task = Task {
      guard (try? await Task.sleep(for: wait, clock: .suspending)) != nil else { return }
      timer = nil
      goOn()
    }
    timer = (next, task)
  }

  private func perform(_ effects: [BookEffect]) {
    let changes = effects.compactMap { if case .store(let change) = $0 { change } else { nil } }
    if !changes.isEmpty { surroundings.store(changes) }
    for effect in effects {
      switch effect {
      case .store: break
      case .prepare(let directory): prepare(directory)
      case .release(let directory, let changes): release(directory, recording: changes)
      case .start(let start): self.start(start)
      case .stop(let attempt): workers[attempt]?.cancel()
      case .reconsider(let directory, let isDone): surroundings.reconsider(directory, isDone)
      case .discard(let fingerprints): surroundings.discard(fingerprints)
      case .tell(let event): surroundings.onEvent(event)
      }
    }
  }

  // MARK: Leases

  private func prepare(_ directory: String) {
    afterward(directory) { scheduler in
      var failure: Failure?
      do throws(Failure) { try await scheduler.surroundings.takeLease(directory) } catch { failure = error }
      await scheduler.prepared(directory, failure)
    }
  }

  private func prepared(_ directory: String, _ failure: Failure?) {
    perform(book.prepared(directory, failure, at: now))
    goOn()
  }

  private func release(_ directory: String, recording changes: [StoreChange] = []) {
    afterward(directory) { scheduler in
      await scheduler.surroundings.releaseLease(directory)
      await scheduler.released(directory, changes)
    }
  }

  private func released(_ directory: String, _ changes: [StoreChange]) {
    perform(book.released(directory, recording: changes))
  }

  private func afterward(_ directory: String, _ work: @escaping @Sendable (Scheduler) async -> Void) {
    let before = leases[directory]?.task
    leaseCount += 1
    let number = leaseCount
    let task = Task {
      await before?.value
      await work(self)
      if leases[directory]?.number == number { leases[directory] = nil }
    }
    leases[directory] = (number, task)
  }

  /// Somebody else has taken the session from us.
  public func leaseLost(_ directory: String, _ failure: Failure) {
    perform(book.leaseLost(directory, failure, at: now))
    goOn()
  }

  // MARK: Workers

  private func start(_ start: Start) {
    let assignment = settings.assignment(start)
    workers[start.attempt] = Task {
      // What has begun is known to have, and found again, although the daemon is killed.
      await surroundings.flushStore()
      ended(start.attempt, await run(start, assignment))
    }
  }

  private func run(_ start: Start, _ assignment: Assignment) async -> ExecutionEnd {
    if case .commit = start.task {
      do throws(Failure) {
        try await surroundings.confirmLease(start.source.directory)
      } catch {
        return ExecutionEnd(result: .failure(error), reason: .notStarted)
      }
    }
    return await surroundings.executor.run(assignment, resuming: start.handle) {
      await self.take($0, of: start.attempt)
    }
  }

  private func take(_ report: ExecutionReport, of attempt: Int64) { perform(book.take(report, of: attempt)) }

  private func ended(_ attempt: Int64, _ end: ExecutionEnd) {
    workers[attempt] = nil
    perform(book.end(attempt, end, at: now))
    goOn()
  }

  // MARK: Steering

  /// - Returns: whether the session has work here.
  public func retry(_ directory: String) -> Bool {
    let effects = book.retry(directory, at: now)
    perform(effects ?? [])
    goOn()
    return effects != nil
  }

  /// - Throws: `Failure` where there is nothing to cancel, or it is too late.
  public func cancel(_ directory: String) throws(Failure) {
    perform(try book.cancel(directory, at: now))
    goOn()
  }

  /// - Returns: whether the session has work here.
  public func putFirst(_ directory: String) -> Bool {
    let effects = book.putFirst(directory, at: now)
    perform(effects ?? [])
    goOn()
    return effects != nil
  }

  public func setPaused(_ isPaused: Bool) {
    perform(book.setPaused(isPaused))
    goOn()
  }

  /// Another configuration is in force. What runs finishes under the old one.
  public func apply(_ settings: WorkSettings) {
    self.settings = settings
    perform(book.apply(settings.rules, at: now))
    goOn()
  }

  // MARK: Looking

  public func status() -> WorkStatus { book.status(hold: hold, at: now) }

  /// Where a session stands, in a word and in a sentence; nil where it has no work here.
  public func standing(of directory: String) -> (state: String, reason: String)? {
    book.standing(of: directory)
  }

  /// Of all results that somebody waits for: what else is in the spool is nobody's.
  public var neededFingerprints: Set<String> { book.neededFingerprints }

  /// All that a store must hold of the work.
  public func snapshot() -> [StoreChange] { book.snapshot(at: now) }

  // MARK: Ending

  /// Ends the workers of jobs, and leaves those alone that write; gives the leases back and has all written down.
  ///
  /// - Parameter limit: what takes longer is left behind.
  public func stop(within limit: Duration) async {
    timer?.task.cancel()
    let outlived = surroundings.executor.outlivesDaemon
    perform(book.stop(outlived: outlived))
    let deadline = SuspendingClock.now + limit
    while !outlived, !workers.isEmpty, .now < deadline { try? await Task.sleep(for: .milliseconds(10)) }
    for directory in book.ours where !book.isCommitting(directory) { release(directory) }
    while !leases.isEmpty, .now < deadline { try? await Task.sleep(for: .milliseconds(10)) }
    // What a person was told is remembered.
    for letter in inbox.takeAll() { if case .requested = letter { perform(take(letter)) } }
    await surroundings.flushStore()
    inbox.finish()
  }
}

extension WorkSettings {
  func assignment(_ start: Start) -> Assignment {
    let task: WorkerRequest.Task =
      switch start.task {
      case .infer(let job, let retrains):
        .infer(
          InferTask(
            source: start.source, inspection: start.inspection.only([job.identity]), job: job.identity,
            spool: spool, retrains: retrains))
      case .commit(let jobs, let shared):
        .commit(
          CommitTask(
            source: start.source, inspection: start.inspection.only(jobs), jobs: jobs, spool: spool,
            sharing: shared,
            pipelineWaitSeconds: Int(pipelineWait / .seconds(1))))
      }
    return Assignment(id: start.attempt, task: task, bounds: bounds)
  }
}

extension Inspection {
  /// With these jobs alone: a request holds what its task needs.
  fileprivate func only(_ jobs: [JobIdentity]) -> Inspection {
    var inspection = self
    let wanted = Set(jobs)
    inspection.jobs.removeAll { !wanted.contains($0.identity) }
    return inspection
  }
}

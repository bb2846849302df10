import Configuration
import Leases
import Vocabulary
import WorkerProtocol

/// Takes one session from its folder to results in its .h5: inspect, infer each job, commit once.
public struct SessionRun: Sendable {
  public enum Event: Sendable {
    /// An earlier commit to an .h5 in this directory was interrupted.
    case recovering(String)
    case inspected(Inspection, todo: [PlannedJob])
    case started(PlannedJob)
    case progress(PlannedJob, WorkerMessage.Progress)
    case inferred(PlannedJob, JobSummary)
    case failed(PlannedJob, Failure)
    case committing
  }

  private let source: SessionSource
  private let worker: WorkerProcess
  private let leases: LeaseKeeper
  private let spool: String
  private let retrains: Bool
  private let workers: Int
  private let pipelineWait: Duration

  /// - Parameters:
  ///   - leases: of the program that runs this.
  ///   - retrains: infer every job, whatever is there already.
  ///   - workers: at most so many run side by side.
  ///   - pipelineWait: how long after its beginning a script of the session's log may still be at work.
  public init(
    _ source: SessionSource, worker: WorkerExecutable, leases: LeaseKeeper, state: StateDirectory,
    retrains: Bool, workers: Int, pipelineWait: Duration
  ) {
    self.source = source
    self.worker = WorkerProcess(worker)
    self.leases = leases
    spool = state.spool
    self.retrains = retrains
    self.workers = max(workers, 1)
    self.pipelineWait = pipelineWait
  }

  /// Whether the session itself is written to. Otherwise others may work on it at the same time.
  private var writesIntoSession: Bool { source.outputDirectory == nil }

  /// Runs the session to its end. Jobs that fail do not hold back those that succeed.
  ///
  /// - Throws: `Failure` where the session cannot be inspected, somebody else works on it, or the run was cancelled: then
  ///   the .h5 was not touched.
  public func run(onEvent: @escaping @Sendable (Event) async -> Void) async throws(Failure) -> SessionReport {
    let inspection = try await inspect(onEvent)
    let obstacle = obstacle(to: inspection)
    guard writesIntoSession, obstacle == nil, inspection.jobs.contains(where: needsWork) else {
      return try await work(on: inspection, obstacle: obstacle, onEvent)
    }
    _ = try await leases.take(source.directory)
    let result = await Result { () async throws(Failure) in
      // Whoever had the lease before may have done the work.
      if await source.isUnchanged(since: inspection) {
        return try await work(on: inspection, obstacle: nil, onEvent)
      }
      let current = try await inspect(onEvent)
      return try await work(on: current, obstacle: self.obstacle(to: current), onEvent)
    }
    await leases.release(source.directory)
    return try result.get()
  }

  /// What keeps results from being written, or nil: better known before hours of training than after.
  private func obstacle(to inspection: Inspection) -> Failure? {
    if let obstacle = inspection.obstacle { return obstacle }
    guard writesIntoSession, let script = inspection.unfinished,
      script.endOfWait(pipelineWait, now: LocalTime.now) != nil
    else { return nil }
    return Failure(waitingFor: script, in: source.directory)
  }

  private func work(
    on inspection: Inspection, obstacle: Failure?, _ onEvent: @escaping @Sendable (Event) async -> Void
  ) async throws(Failure) -> SessionReport {
    let todo = inspection.jobs.filter { needsWork($0) }
    await onEvent(.inspected(inspection, todo: todo))
    var report = SessionReport(inspection, directory: source.directory)
    for job in inspection.jobs where !needsWork(job) {
      report.jobs[job.identity] = job.existing == .foreign ? .keptForeign : .upToDate
    }
    guard !todo.isEmpty else { return report }
    if let obstacle { throw obstacle }
    for (job, result) in await infer(todo, inspection, onEvent) {
      report.jobs[job.identity] = result
    }
    if Task.isCancelled { throw .interruption(of: source.directory) }
    let inferred = todo.map(\.identity).filter { report.jobs[$0]?.hasResult == true }
    guard !inferred.isEmpty else { return report }
    await onEvent(.committing)
    report.commit = await commit(inferred, inspection)
    return report
  }

  /// What an interrupted commit has left is undone first.
  private func inspect(_ onEvent: @Sendable (Event) async -> Void) async throws(Failure) -> Inspection {
    let task = WorkerRequest.Task.inspect(InspectTask(source: source))
    switch try await worker.run(task) {
    case .inspected(let inspection): return inspection
    case .needsRecovery(let directories): try await recover(directories, onEvent)
    default: throw Failure.unexpectedAnswer
    }
    switch try await worker.run(task) {
    case .inspected(let inspection): return inspection
    case .needsRecovery:
      throw Failure(
        .temporary, source.directory, "is being committed to by another process", remedy: "try again")
    default: throw Failure.unexpectedAnswer
    }
  }

  /// What can be recovered is, before a refusal is reported.
  private func recover(
    _ directories: [String], _ onEvent: @Sendable (Event) async -> Void
  ) async throws(Failure) {
    var refusals: [Failure] = []
    for directory in directories {
      await onEvent(.recovering(directory))
      let task = RecoverTask(path: directory, searchesBelow: false)
      guard case .recovered(let found) = try await worker.run(.recover(task)) else {
        throw Failure.unexpectedAnswer
      }
      refusals += found.compactMap(\.refusal)
    }
    if let first = refusals.first { throw first }
  }

  private func needsWork(_ job: PlannedJob) -> Bool {
    job.needsWork(retrains: retrains, replacesForeign: source.replacesForeign)
  }

  /// Runs the jobs in their order, at most `workers` at once.
  private func infer(
    _ jobs: [PlannedJob], _ inspection: Inspection, _ onEvent: @escaping @Sendable (Event) async -> Void
  ) async -> [(PlannedJob, JobOutcome)] {
    await withTaskGroup(of: (PlannedJob, JobOutcome).self) { group in
      var waiting = jobs[...]
      var results: [(PlannedJob, JobOutcome)] = []
      func startNext() {
        guard !Task.isCancelled, let job = waiting.popFirst() else { return }
        group.addTask { (job, await infer(job, inspection, onEvent)) }
      }
      for _ in 0..<workers { startNext() }
      while let result = await group.next() {
        results.append(result)
        startNext()
      }
      return results
    }
  }

  private func infer(
    _ job: PlannedJob, _ inspection: Inspection, _ onEvent: @escaping @Sendable (Event) async -> Void
  ) async -> JobOutcome {
    await onEvent(.started(job))
    let task = InferTask(
      source: source, inspection: inspection, job: job.identity, spool: spool, retrains: retrains)
    do throws(Failure) {
      let outcome = try await worker.run(.infer(task)) { message in
        if case .progress(let progress) = message { await onEvent(.progress(job, progress)) }
      }
      guard case .inferred(let summary) = outcome else { throw Failure.unexpectedAnswer }
      await onEvent(.inferred(job, summary))
      return .inferred(summary)
    } catch {
      await onEvent(.failed(job, error))
      return .failed(error)
    }
  }

  private func commit(_ jobs: [JobIdentity], _ inspection: Inspection) async -> CommitOutcome {
    let task = CommitTask(
      source: source, inspection: inspection, jobs: jobs, spool: spool,
      pipelineWaitSeconds: writesIntoSession ? Int(pipelineWait.components.seconds) : nil)
    do throws(Failure) {
      if writesIntoSession { try await leases.confirm(source.directory) }
      // The last moment: what has begun runs to its end.
      if Task.isCancelled { throw .interruption(of: source.directory) }
      guard case .commit(let answer) = try await worker.run(.commit(task)) else {
        throw Failure.unexpectedAnswer
      }
      return CommitOutcome(answer, in: source.directory)
    } catch {
      return .failed(error)
    }
  }
}

extension CommitOutcome {
  /// What a person is told of it: who waits in the foreground tries again.
  init(_ answer: CommitAnswer, in directory: String) {
    switch answer {
    case .committed(let summary): self = .committed(summary)
    case .outdated(let reason):
      self = .failed(Failure(.temporary, directory, reason, remedy: "try again"))
    case .waiting(let script, _): self = .failed(Failure(waitingFor: script, in: directory))
    case .missing(let jobs):
      let names = jobs.map(\.description).joined(separator: "; ")
      self = .failed(
        Failure(
          .temporary, directory, "the results of \(names) are gone from the spool, or damaged",
          remedy: "try again"))
    }
  }
}

extension Result where Failure == Vocabulary.Failure {
  fileprivate init(_ body: () async throws(Failure) -> Success) async {
    do throws(Failure) { self = .success(try await body()) } catch { self = .failure(error) }
  }
}

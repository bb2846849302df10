import Configuration
import FoundationEssentials
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
  private let spool: String
  private let retrains: Bool
  private let workers: Int
  private let pipelineWait: Duration
  private let leases: LeaseKeeper

  /// - Parameters:
  ///   - retrains: infer every job, whatever is there already.
  ///   - workers: at most so many run side by side.
  ///   - pipelineWait: how long after its beginning a script of the pipeline that has not ended is in the way.
  public init(
    _ source: SessionSource, worker: WorkerExecutable, state: StateDirectory, retrains: Bool, workers: Int,
    pipelineWait: Duration, leases: LeaseKeeper
  ) {
    self.source = source
    self.worker = WorkerProcess(worker)
    spool = state.spool
    self.retrains = retrains
    self.workers = max(workers, 1)
    self.pipelineWait = pipelineWait
    self.leases = leases
  }

  /// Runs the session to its end. Jobs that fail do not hold back those that succeed.
  ///
  /// - Throws: `Failure` where the session cannot be inspected, somebody else is at work on it (`.temporary`), or the run
  ///   was cancelled: then the .h5 was not touched.
  public func run(onEvent: @escaping @Sendable (Event) async -> Void) async throws(Failure) -> SessionReport {
    let inspection = try await inspect(onEvent)
    let todo = inspection.jobs.filter { needsWork($0) }
    await onEvent(.inspected(inspection, todo: todo))
    var report = SessionReport(inspection, directory: source.directory)
    for job in inspection.jobs where !needsWork(job) {
      report.jobs[job.identity] = job.existing == .foreign ? .keptForeign : .upToDate
    }
    guard !todo.isEmpty else { return report }
    if let obstacle = inspection.obstacle { throw obstacle }
    if let script = script(in: inspection) { throw script }
    try await takeLease()
    var failure: Failure?
    do throws(Failure) { try await work(todo, inspection, &report, onEvent) } catch { failure = error }
    await releaseLease()
    if let failure { throw failure }
    return report
  }

  /// Better known before hours of training than after.
  private func script(in inspection: Inspection) -> Failure? {
    let now = Int64(Date.now.timeIntervalSince1970)
    guard let script = inspection.unfinished, script.waitedFor(pipelineWaitSeconds, now: now) != nil else {
      return nil
    }
    return script.failure(in: source.directory)
  }

  private var pipelineWaitSeconds: Int64 { Int64(pipelineWait / .seconds(1)) }

  /// Results that go elsewhere are in nobody's way.
  private var needsLease: Bool { source.outputDirectory == nil }

  private func takeLease() async throws(Failure) {
    if needsLease { try await leases.take(source.directory) }
  }

  /// In a task of its own: what was interrupted gives its lease back as well.
  private func releaseLease() async {
    guard needsLease else { return }
    await Task { await leases.release(source.directory) }.value
  }

  private func work(
    _ todo: [PlannedJob], _ inspection: Inspection, _ report: inout SessionReport,
    _ onEvent: @escaping @Sendable (Event) async -> Void
  ) async throws(Failure) {
    for (job, result) in await infer(todo, inspection, onEvent) {
      report.jobs[job.identity] = result
    }
    if Task.isCancelled { throw .interruption(of: source.directory) }
    let inferred = todo.map(\.identity).filter { report.jobs[$0]?.hasResult == true }
    guard !inferred.isEmpty else { return }
    await onEvent(.committing)
    report.commit = await commit(inferred, inspection)
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

  /// In a task of its own, which nobody cancels: a commit that has begun runs to its end.
  private func commit(_ jobs: [JobIdentity], _ inspection: Inspection) async -> CommitOutcome {
    let task = CommitTask(
      source: source, inspection: inspection, jobs: jobs, spool: spool,
      pipelineWaitSeconds: pipelineWaitSeconds)
    let worker = worker
    return await Task {
      do throws(Failure) {
        guard case .committed(let answer) = try await worker.run(.commit(task)) else {
          throw Failure.unexpectedAnswer
        }
        return CommitOutcome(answer, of: task)
      } catch {
        return .failed(error)
      }
    }.value
  }
}

extension CommitOutcome {
  /// What an answer comes to for a run that does not try again by itself.
  fileprivate init(_ answer: CommitAnswer, of task: CommitTask) {
    switch answer {
    case .committed(let summary): self = .committed(summary)
    case .outdated(let reason):
      self = .failed(
        Failure(
          .temporary, task.source.directory, "\(reason); the results are thrown away", remedy: "try again"))
    case .waiting(let failure, _): self = .failed(failure)
    case .missing(let jobs):
      let names = jobs.map(\.description).joined(separator: "; ")
      self = .failed(
        Failure(.temporary, task.spool, "the results of \(names) are gone or damaged", remedy: "try again"))
    }
  }
}

import FileAccess
import FoundationEssentials
import Glibc
import Reporting
import Scheduling
import Vocabulary

/// Puts together what is known at the moment.
struct StatusReport: Sendable {
  let watch: WatchService
  /// Nil where none is done.
  let work: WorkService?
  let stop: StopNotice
  let configuration: String
  let started: String

  func document() async -> StatusDocument {
    let current = watch.watch
    let state: StatusDocument.Daemon.State =
      stop.hasBegun ? .stopping : current.isScanned ? .watching : .scanning
    let status = await work?.scheduler.status()
    return StatusDocument(
      written: Date.now.ISO8601Format(),
      daemon: .init(
        version: Software.version, pid: getpid(), started: started, state: state, dryRun: work == nil,
        configuration: configuration),
      watches: current.watcher.status.flatMap(\.trees).map { tree in
        .init(
          path: tree.path.shown, fileSystem: tree.fileSystem, backend: tree.backend.rawValue,
          directories: tree.directories, watched: tree.watched,
          pollIntervalS: tree.pollInterval.map { $0 / .seconds(1) }, scanned: tree.isScanned,
          problems: tree.problems.map(\.description))
      },
      sessions: await sessions(status), work: status.flatMap { status in work.map { $0.summary(status) } },
      jobs: status?.running.map { .init($0) } ?? [], ended: work?.ended.latest ?? [])
  }

  /// As the intake has them, but for those that are queued: of these the scheduler knows more.
  private func sessions(_ status: WorkStatus?) async -> [StatusDocument.Session] {
    let queued = Dictionary(
      (status?.sessions ?? []).map { ($0.directory, $0) }, uniquingKeysWith: { first, _ in first })
    return await watch.watch.intake.sessions.map { session in
      if case .queued = session.standing, let work = queued[session.path.string] {
        return .init(path: session.path.shown, state: work.state, reason: work.reason)
      }
      return .init(path: session.path.shown, state: session.standing.name, reason: session.standing.reason)
    }
  }
}

extension WorkService {
  fileprivate func summary(_ status: WorkStatus) -> StatusDocument.Work {
    StatusDocument.Work(
      paused: status.isPaused, hold: status.hold?.description, limits: limitsInForce,
      mostJobs: status.mostJobs, memoryPerJobMb: status.memoryPerJobBytes >> 20,
      memoryTotalMb: status.memoryTotalBytes >> 20, jobs: status.counts)
  }
}

extension StatusDocument.Job {
  fileprivate init(_ job: WorkStatus.Job) {
    let elapsed = job.elapsed / .seconds(1)
    var rest: Double?
    if let step = job.step, let steps = job.steps, step > 0 {
      rest = elapsed / Double(step) * Double(max(steps - step, 0))
    }
    self.init(
      session: job.directory.escapingControls, region: job.job.region, taste: "\(job.job.taste)",
      tasteName: job.tasteName, state: "running", attempt: job.attempt, step: job.step, steps: job.steps,
      trainingLoss: job.trainingLoss, validationLoss: job.validationLoss, elapsedS: elapsed, etaS: rest,
      cpuS: job.use.cpuSeconds, memoryBytes: job.memoryBytes)
  }
}

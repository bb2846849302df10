import Configuration
import FoundationEssentials
import Jobs
import Logging
import Machine
import Reporting
import Scheduling
import ServiceLifecycle
import Synchronization
import UnixSignals
import Vocabulary

/// What runs from the start to the end of the process, and ends in order.
struct Daemon {
  let file: ConfigurationFile
  let configuration: Configuration
  let state: StateDirectory
  let runtime: RuntimeDirectory
  let isDryRun: Bool
  /// SIGHUP, since the process began.
  let reloads: UnixSignalsSequence
  let log: Logger

  /// All of an orderly stop: what takes longer is cut off.
  private static let (longestStop, longestCancellation) = (Duration.seconds(8), Duration.seconds(1))

  func run() async throws(Failure) {
    let executable = try WorkerExecutable.find()
    log.notice("\(Software.name) starts, with \(file.path)\(isDryRun ? ", to decide and run nothing" : "")")
    if isDryRun {
      let executor = LocalExecutor(
        worker: executable, limits: configuration.limits, groups: .failure(.notWanted))
      let watch = try WatchService(
        file: file, configuration: configuration, state: state,
        parts: Watch.Parts(executor: executor, inbox: nil, log: log), reloads: reloads)
      return try await run(watch, work: nil)
    }
    let late = LateScheduler()
    let remembering = try await Remembering.open(in: state, log: log) {
      await late.scheduler?.snapshot() ?? []
    }
    let executor = LocalExecutor(
      worker: executable, limits: configuration.limits, groups: await Self.controlGroups())
    log.notice("limits: \(executor.limitsInForce)")
    let inbox = WorkInbox()
    let watch = try WatchService(
      file: file, configuration: configuration, state: state,
      parts: Watch.Parts(
        executor: executor, recall: remembering.recall, remember: remembering.remember, inbox: inbox,
        log: log),
      reloads: reloads, requests: remembering.requests)
    let work = WorkService(
      remembering, executor: executor, inbox: inbox, watch: watch, state: state, late: late, log: log)
    try await run(watch, work: work)
  }

  private func run(_ watch: WatchService, work: WorkService?) async throws(Failure) {
    let stop = StopNotice { watch.noteChange() }
    let report = StatusReport(
      watch: watch, work: work, stop: stop, configuration: file.path, started: Date.now.ISO8601Format())
    let status = StatusService(
      file: StatusFile(in: runtime.path), report: report, changes: watch.changes, log: log)
    let control = try ControlService(
      runtime: runtime, report: report, watch: watch, steering: steering(watch, work), log: log)
    // They end in the opposite order, one after the other: it can be seen and asked to the end what it waits for.
    let services: [any Service] = [status, control, watch] + [work].compactMap(\.self) + [stop]
    var group = ServiceGroupConfiguration(
      services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
      logger: log.quieter)
    group.maximumGracefulShutdownDuration = Self.longestStop
    group.maximumCancellationDuration = Self.longestCancellation
    do {
      try await ServiceGroup(configuration: group).run()
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(.internalError, "blechd", "\(error)", remedy: "please report this")
    }
    log.notice("stopped")
  }

  private static func controlGroups() async -> Result<ControlGroups, ControlGroupObstacle> {
    do throws(ControlGroupObstacle) {
      return .success(try await ControlGroups.take())
    } catch {
      return .failure(error)
    }
  }

  private func steering(_ watch: WatchService, _ work: WorkService?) -> Steering {
    if let work { return Steering(watch, work.scheduler, configuration: file.path) }
    let refusal = Failure(
      .unavailable, "blechd", "was started with --dry-run: it decides and runs nothing",
      remedy: "start it without, or use blechctl infer")
    return .withoutWork(refusal, reload: Steering.reload(watch, file.path))
  }
}

extension Logger {
  /// For libraries, whose every step is of no interest.
  fileprivate var quieter: Logger {
    var log = self
    log.logLevel = .warning
    return log
  }
}

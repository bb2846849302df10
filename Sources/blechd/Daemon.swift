import Configuration
import FoundationEssentials
import Jobs
import Logging
import Reporting
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
  let log: Logger

  /// All of an orderly stop: what takes longer is cut off.
  private static let (longestStop, longestCancellation) = (Duration.seconds(7), Duration.seconds(2))

  func run() async throws(Failure) {
    let worker = try WorkerExecutable.find()
    log.notice("\(Software.name) starts, with \(file.path)\(isDryRun ? ", to decide and run nothing" : "")")
    if !isDryRun {
      log.warning("this version decides what is to be inferred and does not run it: use blechctl infer")
    }
    let watch = try WatchService(
      file: file, configuration: configuration, state: state,
      parts: Watch.Parts(worker: WorkerProcess(worker), inspections: .none, inbox: nil, log: log))
    let report = StatusReport(
      watch: watch, configuration: file.path, isDryRun: isDryRun, started: Date.now.ISO8601Format())
    let status = StatusService(
      file: StatusFile(in: runtime.path), report: report, changes: watch.changes, log: log)
    let control = try ControlService(
      runtime: runtime, report: report, watch: watch, steering: steering(watch), log: log)
    var group = ServiceGroupConfiguration(
      services: [.init(service: watch), .init(service: status), .init(service: control)],
      gracefulShutdownSignals: [.sigterm, .sigint], logger: log.quieter)
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

  private func steering(_ watch: WatchService) -> Steering {
    let refusal = Failure(
      .unavailable, "blechd", "decides what is to be inferred and does not run it",
      remedy: "use blechctl infer")
    return .withoutWork(refusal) { [file] () throws(Failure) in
      try await watch.reload()
      return SteeringAnswer(.reload, message: "the configuration was read anew from \(file.path)")
    }
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

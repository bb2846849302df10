import Configuration
import Control
import FoundationEssentials
import Glibc
import Logging
import Reporting
import ServiceLifecycle
import Vocabulary

/// Answers what the control socket is asked.
struct ControlService: Service {
  private let server: ControlServer
  private let configurations: AsyncStream<Configuration>
  private let steerers: SteererRegister

  /// For one question to the machine's directory of users and groups.
  private static let longestLookup = Duration.seconds(5)

  /// Listens from here on: a daemon that cannot be reached does not begin.
  init(
    runtime: RuntimeDirectory, report: StatusReport, watch: WatchService, steering: Steering, log: Logger
  ) throws(Failure) {
    let accounts = AccountDirectory(limit: Self.longestLookup)
    let steerers = SteererRegister(
      daemon: geteuid(), group: watch.watch.configuration.controlGroup, log: log
    ) { await accounts.groupID(named: $0) }
    let answers = ControlAnswers(
      report: report, explainer: SessionExplainer(watch: watch, work: report.work),
      steering: SteeringAnswers(
        steering: steering, steerers: steerers, accounts: accounts, refusals: RefusalLog(log: log),
        isStopping: { report.stop.hasBegun }, log: log))
    try StatusFile.makeDirectory(runtime.path)
    server = ControlServer(path: runtime.controlSocket) { await answers.answer($0, $1) }
    try server.start()
    configurations = watch.configurations()
    self.steerers = steerers
  }

  func run() async throws {
    for await configuration in configurations.cancelOnGracefulShutdown() {
      await steerers.use(group: configuration.controlGroup)
    }
    try? await gracefulShutdown()
    await server.stop()
  }
}

/// What each verb is answered.
struct ControlAnswers: Sendable {
  let report: StatusReport
  let explainer: SessionExplainer
  let steering: SteeringAnswers

  func answer(_ request: ControlRequest, _ peer: Peer) async -> Result<[UInt8], Failure> {
    do {
      let text =
        switch request.verb {
        case .status: try JSONDocument.text(await report.document())
        case .why(let directory): try JSONDocument.text(try await explainer.explain(directory))
        case .retry, .retrain, .cancel, .first, .pause, .resume, .process, .processBacklog, .reload:
          try JSONDocument.text(try await steering.answer(request.verb, peer))
        }
      return .success(Array(text.utf8))
    } catch let failure as Failure {
      return .failure(failure)
    } catch {
      return .failure(Failure(.internalError, "blechd", "\(error)", remedy: "please report this"))
    }
  }
}

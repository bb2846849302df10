import Configuration
import Control
import FoundationEssentials
import Glibc
import Intake
import Logging
import Reporting
import ServiceLifecycle
import SystemPackage
import Threads
import Vocabulary
import Watching

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
      report: report, watch: watch,
      steering: SteeringAnswers(steering: steering, steerers: steerers, accounts: accounts, log: log))
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
  let watch: WatchService
  let steering: SteeringAnswers
  private let gate = InspectionGate(places: 2)

  /// What takes longer is given up: whoever asked waits no longer than that, and others want to ask.
  private static let longestInspection = Duration.seconds(55)

  init(report: StatusReport, watch: WatchService, steering: SteeringAnswers) {
    self.report = report
    self.watch = watch
    self.steering = steering
  }

  func answer(_ request: ControlRequest, _ peer: Peer) async -> Result<[UInt8], Failure> {
    do {
      let text =
        switch request.verb {
        case .status: try JSONDocument.text(await report.document())
        case .why(let directory): try JSONDocument.text(try await explain(directory))
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

  /// Read anew, so that the answer is that of this moment.
  private func explain(_ directory: String) async throws(Failure) -> SessionExplanation {
    let path = try FilePath(absolute: directory)
    let current = watch.watch
    guard let index = current.watcher.root(of: path) else {
      return SessionExplanation(
        directory: directory, watched: .outside(roots: current.configuration.watch.map(\.path)),
        standing: nil,
        outcome: nil, root: nil)
    }
    let session = await current.intake.session(at: path)
    let first = await current.intake.first(of: path)
    let known = first == path ? session : await current.intake.session(at: first)
    let tree = current.watcher.tree(of: path, root: index)
    var source = current.template
    source.directory = directory
    return SessionExplanation(
      directory: directory,
      watched: .below(
        root: current.configuration.watch[index].path, backend: tree.backend.rawValue,
        isKnown: session != nil,
        settle: current.configuration.settle),
      standing: known?.standing, outcome: try await inspect(source, current.inspector),
      root: current.roots[known?.root ?? index], replacesForeign: current.template.replacesForeign,
      request: known?.request, work: await report.work?.scheduler.standing(of: first.string),
      sameAs: first == path ? nil : first.shown)
  }

  private func inspect(_ source: SessionSource, _ inspector: Inspector) async throws(Failure)
    -> InspectionOutcome
  {
    let outcome = await gate.run {
      await abandoning(after: Self.longestInspection) { await inspector.inspect(source) }
    }
    if let outcome = outcome ?? nil { return outcome }
    throw Failure(
      .temporary, source.directory, "could not be read within \(Self.longestInspection)",
      remedy: "try again; is its server, or its disk, in order?")
  }
}

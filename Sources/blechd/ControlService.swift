import Configuration
import Control
import FoundationEssentials
import Intake
import Reporting
import ServiceLifecycle
import SystemPackage
import Threads
import Vocabulary
import Watching

/// Answers what the control socket is asked. Everything that can be asked today anybody may ask.
struct ControlService: Service {
  private let server: ControlServer

  /// Listens from here on: a daemon that cannot be reached does not begin.
  init(runtime: RuntimeDirectory, report: StatusReport, watch: WatchService) throws(Failure) {
    let answers = ControlAnswers(report: report, watch: watch)
    try StatusFile.makeDirectory(runtime.path)
    server = ControlServer(path: runtime.controlSocket) { request, _ in await answers.answer(request) }
    try server.start()
  }

  func run() async throws {
    try? await gracefulShutdown()
    await server.stop()
  }
}

/// What each verb is answered.
struct ControlAnswers: Sendable {
  let report: StatusReport
  let watch: WatchService
  private let gate = InspectionGate(places: 2)

  /// What takes longer is given up: whoever asked waits no longer than that, and others want to ask.
  private static let longestInspection = Duration.seconds(55)

  init(report: StatusReport, watch: WatchService) {
    self.report = report
    self.watch = watch
  }

  func answer(_ request: ControlRequest) async -> Result<[UInt8], Failure> {
    do {
      switch request.verb {
      case .status: return .success(Array(try JSONDocument.text(await report.document()).utf8))
      case .why(let directory):
        return .success(Array(try JSONDocument.text(try await explain(directory)).utf8))
      }
    } catch let failure as Failure {
      return .failure(failure)
    } catch {
      return .failure(Failure(.internalError, "blechd", "\(error)", remedy: "please report this"))
    }
  }

  /// Read anew, so that the answer is that of this moment.
  private func explain(_ directory: String) async throws(Failure) -> SessionExplanation {
    guard directory.hasPrefix("/") else {
      throw Failure(.usage, directory, "is no absolute path", remedy: "give the session's directory in full")
    }
    let current = watch.watch
    let path = FilePath(directory)
    guard let index = current.watcher.root(of: path) else {
      return SessionExplanation(
        directory: directory, watched: .outside(roots: current.configuration.watch.map(\.path)),
        standing: nil,
        outcome: nil, root: nil)
    }
    let session = await current.intake.session(at: path)
    let tree = current.watcher.tree(of: path, root: index)
    var source = current.template
    source.directory = directory
    return SessionExplanation(
      directory: directory,
      watched: .below(
        root: current.configuration.watch[index].path, backend: tree.backend.rawValue,
        isKnown: session != nil,
        settle: current.configuration.settle),
      standing: session?.standing, outcome: try await inspect(source, current.inspector),
      root: current.roots[index], replacesForeign: current.template.replacesForeign)
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

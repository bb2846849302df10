import Configuration
import Control
import FoundationEssentials
import Intake
import Reporting
import ServiceLifecycle
import SystemPackage
import Vocabulary
import Watching

/// Answers what the control socket is asked. Everything that can be asked today anybody may ask.
struct ControlService: Service {
  let runtime: RuntimeDirectory
  let report: StatusReport
  let watch: WatchService
  private let gate = InspectionGate(places: 2)

  init(runtime: RuntimeDirectory, report: StatusReport, watch: WatchService) {
    self.runtime = runtime
    self.report = report
    self.watch = watch
  }

  func run() async throws {
    let server = ControlServer(path: runtime.controlSocket) { request, _ in await answer(request) }
    try StatusFile.makeDirectory(runtime.path)
    try server.start()
    try? await gracefulShutdown()
    await server.stop()
  }

  private func answer(_ request: ControlRequest) async -> Result<[UInt8], Failure> {
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
    let status = current.watcher.status[index].root
    var source = current.template
    source.directory = directory
    let request = source
    let outcome = await gate.run { await current.inspector.inspect(request) }
    return SessionExplanation(
      directory: directory,
      watched: .below(
        root: current.configuration.watch[index].path, backend: status.backend.rawValue,
        isKnown: session != nil, settle: current.configuration.settle),
      standing: session?.standing, outcome: outcome,
      root: current.roots[index], replacesForeign: current.template.replacesForeign)
  }
}

import Glibc
import Intake
import Reporting
import SystemPackage
import Threads
import Vocabulary
import Watching

/// Says where a session stands, and why, to whoever asks: anyone may.
struct SessionExplainer: Sendable {
  let watch: WatchService
  /// Nil where none is done.
  let work: WorkService?
  private let gates = InspectionGates(places: 2)

  /// What takes longer is given up: whoever asked waits no longer than that, and others want to ask.
  private static let longestInspection = Duration.seconds(55)

  init(watch: WatchService, work: WorkService?) {
    self.watch = watch
    self.work = work
  }

  /// Read anew, so that the answer is that of this moment.
  func explain(_ directory: String) async throws(Failure) -> SessionExplanation {
    let path = try FilePath(absolute: directory)
    let current = watch.watch
    guard let index = current.watcher.root(of: path) else {
      return SessionExplanation(
        directory: directory, watched: .outside(roots: current.configuration.watch.map(\.path)),
        standing: nil, outcome: nil, root: nil)
    }
    let isKnown = await current.intake.session(at: path) != nil
    let first = await current.intake.first(of: path)
    let session = await current.intake.session(at: first)
    let tree = current.watcher.tree(of: path, root: index)
    var outcome: InspectionOutcome?
    do throws(Failure) {
      outcome = try await inspect(path, below: current.configuration.watch[index].path, current)
    } catch {
      // Of a session that is known there is something to say all the same.
      guard session != nil else { throw error }
      outcome = .failed(error)
    }
    return SessionExplanation(
      directory: directory,
      watched: .below(
        root: current.configuration.watch[index].path, backend: tree.backend.rawValue, isKnown: isKnown,
        settle: current.configuration.settle),
      standing: session?.standing, outcome: outcome, root: current.roots[session?.root ?? index],
      replacesForeign: current.template.replacesForeign, request: session?.request,
      work: await work?.scheduler.standing(of: first.string), sameAs: first == path ? nil : first.shown)
  }

  /// Nil where nothing is there that lies in a root: a link in one may lead to what whoever asks must not read.
  private func inspect(
    _ path: FilePath, below root: String, _ current: Watch
  ) async throws(Failure) -> InspectionOutcome? {
    let outcome: InspectionOutcome?? = await gates.gate(of: root).run(atMost: Self.longestInspection) {
      guard let real = await Self.realPath(of: path), current.watcher.root(of: real) != nil else {
        return nil
      }
      var source = current.template
      source.directory = real.string
      return await current.inspector.inspect(source)
    }
    if let outcome { return outcome }
    throw Failure(
      .temporary, path.shown, "could not be read within \(Self.longestInspection)",
      remedy: "try again; is its server, or its disk, in order?")
  }

  /// It may lie on a server that is gone.
  private static func realPath(of path: FilePath) async -> FilePath? {
    await withCheckedContinuation { continuation in
      do throws(Errno) {
        try onOwnThread {
          let real = unsafe path.withPlatformString { unsafe realpath($0, nil) }
          continuation.resume(returning: unsafe real.map { unsafe FilePath(platformString: $0) })
          unsafe free(real)
        }
      } catch {
        continuation.resume(returning: nil)
      }
    }
  }
}

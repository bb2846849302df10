import FileAccess
import FoundationEssentials
import Glibc
import Reporting
import Vocabulary

/// Puts together what is known at the moment.
struct StatusReport: Sendable {
  let watch: WatchService
  let configuration: String
  let isDryRun: Bool
  let started: String

  func document() async -> StatusDocument {
    let current = watch.watch
    let state: StatusDocument.Daemon.State =
      watch.isAtItsEnd ? .stopping : current.isScanned ? .watching : .scanning
    return StatusDocument(
      written: Date.now.ISO8601Format(),
      daemon: .init(
        version: Software.version, pid: getpid(), started: started, state: state, dryRun: isDryRun,
        configuration: configuration),
      watches: current.watcher.status.flatMap(\.trees).map { tree in
        .init(
          path: tree.path.shown, fileSystem: tree.fileSystem, backend: tree.backend.rawValue,
          directories: tree.directories, watched: tree.watched,
          pollIntervalS: tree.pollInterval.map { $0 / .seconds(1) }, scanned: tree.isScanned,
          problems: tree.problems.map(\.description))
      },
      sessions: await current.intake.sessions.map {
        .init(path: $0.path.shown, state: $0.standing.name, reason: $0.standing.reason)
      })
  }
}

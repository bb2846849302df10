import Configuration
import SystemPackage
import Vocabulary
import Watching

extension IntakeRoot {
  /// As the owner set it.
  ///
  /// - Parameter firstWatched: in seconds since 1970.
  public init(_ root: WatchedRoot, firstWatched: Int64) {
    let rule: BacklogRule =
      switch root.backlog {
      case .none: .since(firstWatched: firstWatched)
      case .all: .all
      case .since(let day): .from(day: day)
      }
    self.init(backlog: rule, priority: root.priority)
  }
}

extension SessionSource {
  /// How the owner wants sessions to be read.
  public init(_ configuration: Configuration, directory: String) {
    self.init(
      directory: directory, siteParameters: configuration.siteParameters,
      requiresExecutionLog: configuration.requiresExecutionLog,
      replacesForeign: configuration.replacesForeignResults)
  }
}

extension WatchRoot {
  /// As the owner set it.
  public init(_ root: WatchedRoot) {
    let backend: WatchRoot.Backend =
      switch root.backend {
      case .auto: .auto
      case .inotify: .inotify
      case .polling: .polling
      }
    self.init(path: FilePath(root.path), backend: backend, exclusions: Exclusions(root.exclude))
  }
}

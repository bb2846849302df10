import Configuration
import Vocabulary

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

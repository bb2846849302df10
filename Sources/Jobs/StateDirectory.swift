import FoundationEssentials
import Vocabulary

/// Where blechd keeps what it needs from one run to the next: systemd's state directory, else the user's by
/// the XDG base directory specification.
public struct StateDirectory: Sendable {
  public let path: String

  public var spool: String { path + "/spool" }

  public init(path: String) { self.path = path }

  public static func find(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(Failure) -> StateDirectory {
    func absolute(_ name: String) -> String? { environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil } }
    if let paths = absolute("STATE_DIRECTORY") {
      // A unit with several has them in one variable; the first is ours.
      return StateDirectory(path: String(paths.prefix { $0 != ":" }))
    }
    if let path = absolute("XDG_STATE_HOME") { return StateDirectory(path: path + "/blechd") }
    guard let home = absolute("HOME") else {
      throw Failure(.cannotWrite, "$HOME", "is not set", remedy: "set it, or set $XDG_STATE_HOME")
    }
    return StateDirectory(path: home + "/.local/state/blechd")
  }
}

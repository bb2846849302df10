import FoundationEssentials
import Vocabulary

/// Where blechd keeps what it needs from one run to the next: systemd's state directory, else the user's by
/// the XDG base directory specification.
public struct StateDirectory: Sendable {
  public let path: String

  /// That of the daemon that systemd runs for the whole machine.
  public static let system = StateDirectory(path: "/var/lib/blechd")

  public var spool: String { path + "/spool" }

  public init(path: String) { self.path = path }

  /// - Throws: `Failure` where the environment names no directory at all.
  public static func find(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(Failure) -> StateDirectory {
    if let path = environment.firstDirectory("STATE_DIRECTORY") { return StateDirectory(path: path) }
    if let path = environment.absolutePath("XDG_STATE_HOME") { return StateDirectory(path: path + "/blechd") }
    guard let home = environment.absolutePath("HOME") else {
      throw Failure(.cannotWrite, "$HOME", "is not set", remedy: "set it, or set $XDG_STATE_HOME")
    }
    return StateDirectory(path: home + "/.local/state/blechd")
  }
}

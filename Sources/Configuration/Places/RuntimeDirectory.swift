import FoundationEssentials
import Vocabulary

/// Where a running blechd can be seen and reached: systemd's runtime directory, else the user's by the XDG
/// base directory specification, else a folder of the state directory.
public struct RuntimeDirectory: Equatable, Sendable {
  public let path: String

  /// That of the daemon that systemd runs for the whole machine.
  public static let system = RuntimeDirectory(path: "/run/blechd")

  /// What the daemon is doing, as JSON.
  public var status: String { path + "/status.json" }
  /// The same in Prometheus' text format.
  public var metrics: String { path + "/metrics.prom" }
  /// The socket through which the daemon is asked and steered.
  public var controlSocket: String { path + "/control.sock" }

  public init(path: String) { self.path = path }

  /// - Throws: `Failure` where the environment names no directory at all.
  public static func find(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(Failure) -> RuntimeDirectory {
    if let path = environment.firstDirectory("RUNTIME_DIRECTORY") { return RuntimeDirectory(path: path) }
    if let path = environment.absolutePath("XDG_RUNTIME_DIR") {
      return RuntimeDirectory(path: path + "/blechd")
    }
    return RuntimeDirectory(path: try StateDirectory.find(environment: environment).path + "/run")
  }
}

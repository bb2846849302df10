import Control
import Reporting
import Vocabulary

/// Whether a daemon runs, and what it says.
struct DaemonCheck {
  /// The configuration that was checked, in full.
  let file: String?

  func lines(_ answer: Result<StatusDocument, Failure>, at socket: String) -> [DoctorLine] {
    switch answer {
    case .success(let status): return lines(status)
    case .failure(let failure) where failure.isAbsence:
      return [DoctorLine(.daemon, "blechd", "does not run now")]
    case .failure(let failure): return [DoctorLine(.daemon, socket, failure)]
    }
  }

  private func lines(_ status: StatusDocument) -> [DoctorLine] {
    let daemon = status.daemon
    let watches = status.watches
    let directories = watches.reduce(0) { $0 + $1.directories }
    let problems = watches.flatMap { watch in watch.problems.map { (watch.path, $0) } }
    let what =
      switch daemon.state {
      case .scanning: "is still looking at everything for the first time"
      case .watching: "watches"
      case .stopping: "is stopping"
      }
    let running = DoctorLine(
      .daemon, "blechd",
      "runs since \(daemon.started) (process \(daemon.pid)) and \(what): \(watches.count) watches, "
        + "\(directories) directories, \(problems.count) problems")
    return [running] + [otherVersion(daemon), otherConfiguration(daemon)].compactMap { $0 }
      + problems.map(Self.line)
  }

  private func otherVersion(_ daemon: StatusDocument.Daemon) -> DoctorLine? {
    guard daemon.version != Software.version else { return nil }
    return DoctorLine(
      .daemon, "blechd", "is version \(daemon.version), and blechctl \(Software.version)",
      .warning(mend: ["sudo systemctl restart blechd"]))
  }

  private func otherConfiguration(_ daemon: StatusDocument.Daemon) -> DoctorLine? {
    guard let file, daemon.configuration.hasPrefix("/"), daemon.configuration != file else { return nil }
    return DoctorLine(
      .daemon, "blechd", "runs with another configuration than was checked: \(daemon.configuration)",
      .warning(mend: ["blechctl doctor --config \(daemon.configuration.shellWord)"]))
  }

  private static func line(_ path: String, _ problem: String) -> DoctorLine {
    // What follows the semicolon is the advice.
    let parts = problem.split(separator: "; ", maxSplits: 1).map(String.init)
    return DoctorLine(
      .daemon, path, parts.first ?? problem,
      .warning(mend: [parts.count > 1 ? parts[1] : "see the lines about \(path) above"]))
  }
}

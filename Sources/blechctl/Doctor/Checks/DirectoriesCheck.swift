import Control
import SystemPackage
import Vocabulary

/// The daemon's own folders.
struct DirectoriesCheck {
  /// What came of trying to write there.
  enum Outcome: Equatable {
    case writable
    case refused(Errno)
    case notDirectory
    /// It does not exist; what came of trying to write in the nearest folder above it that does.
    case missing(parent: String, Errno?)
  }

  /// Who makes those that are missing.
  enum Maker: String, Codable {
    /// For the unit.
    case systemd
    /// For whoever runs it.
    case blechd
    /// The machine's daemon has no unit.
    case administrator
  }

  let account: Account
  let maker: Maker

  func line(_ path: String, _ outcome: Outcome) -> DoctorLine {
    let user = account.name
    return switch outcome {
    case .writable: DoctorLine(.directories, path, "\(user) may write there")
    case .missing where maker == .systemd:
      DoctorLine(.directories, path, "systemd makes it when blechd starts")
    case .missing(_, nil): DoctorLine(.directories, path, "is made when blechd starts")
    case .missing(let parent, let error?):
      DoctorLine(
        .directories, path, "does not exist, and \(user) may not make it in \(parent): \(error)",
        unmade(path, error))
    case .notDirectory:
      DoctorLine(
        .directories, path, "is no directory",
        .problem(.cannotWrite, mend: ["sudo mv \(path.shellWord) \((path + ".old").shellWord)"]))
    case .refused(let error):
      DoctorLine(
        .directories, path, "\(user) may not write there: \(error)",
        .problem(ExitCode(error, isWriting: true), mend: [ownCommand(path, error)]))
    }
  }

  private func unmade(_ path: String, _ error: Errno) -> DoctorLine.State {
    let mend = makeCommand(path, error)
    // Started by hand, blechd can be told of other folders.
    return maker == .administrator
      ? .warning(mend: [mend, "or start blechd with --state-directory and --runtime-directory"])
      : .problem(ExitCode(error, isWriting: true), mend: [mend])
  }

  private func makeCommand(_ path: String, _ error: Errno) -> String {
    guard error == .permissionDenied else { return ownCommand(path, error) }
    let user = account.name.shellWord
    return "sudo install -d -o \(user) -g \(account.groupID) -m 755 \(path.shellWord)"
  }

  private func ownCommand(_ path: String, _ error: Errno) -> String {
    error == .permissionDenied || error == .notPermitted
      ? "sudo chown -R \(account.name.shellWord): \(path.shellWord)"
      : GrantAdvice(user: account.name, root: path, error: error).commands[0]
  }

  /// Whether the control socket's path fits.
  static func line(socket path: String) -> DoctorLine? {
    let (length, longest) = (path.utf8.count, ControlClient.longestPath)
    guard length > longest else { return nil }
    return DoctorLine(
      .directories, path, "is \(length) bytes long; the path of a socket can have \(longest)",
      .problem(
        .usage,
        mend: ["start blechd with a shorter --runtime-directory, such as --runtime-directory /run/blechd"]))
  }

  func line(configuration path: String, _ error: Errno?) -> DoctorLine? {
    guard let error else { return nil }
    return DoctorLine(
      .config, path, "\(account.name) cannot read it: \(error)",
      .problem(ExitCode(error), mend: ["sudo chmod a+r \(path.shellWord)"]))
  }
}

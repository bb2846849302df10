import Vocabulary

/// As whom everything is tried.
enum Examiner: Equatable, Sendable {
  /// Whoever runs this.
  case current(Account)
  /// In child processes, which root can start as anybody.
  case other(Account)
  /// Whoever runs this, though the daemon is another user.
  case standIn(Account, for: String)

  var account: Account {
    switch self {
    case .current(let account), .other(let account), .standIn(let account, _): account
    }
  }

  /// - Parameters:
  ///   - requested: with `--as`.
  ///   - unitUser: whom systemd runs the daemon as.
  ///   - service: the user `blechd`.
  ///   - isOwn: a person's own daemon is meant, not the machine's.
  static func choose(
    current: Account, requested: Account?, unitUser: Account?, service: Account?, isOwn: Bool
  ) throws(Failure) -> Examiner {
    let isRoot = current.userID == 0
    guard let wanted = requested ?? (isOwn ? nil : unitUser ?? service), wanted.userID != current.userID
    else { return .current(current) }
    if isRoot { return .other(wanted) }
    guard requested == nil else {
      throw Failure(
        .notPermitted, "--as \(wanted.name)", "only root may try as another user",
        remedy: "run sudo blechctl doctor --as \(wanted.name.shellWord)")
    }
    return .standIn(current, for: wanted.name)
  }

  var line: DoctorLine {
    switch self {
    case .current(let account) where account.userID == 0:
      DoctorLine(.user, account.name, "everything is tried as root; --as USER tries it as the daemon's user")
    case .current(let account): DoctorLine(.user, account.name, "everything is tried as \(account.name)")
    case .other(let account):
      DoctorLine(.user, account.name, "everything is tried as \(account.name), by root")
    case .standIn(let account, let other):
      DoctorLine(
        .user, account.name, "everything is tried as \(account.name), and the daemon runs as \(other)",
        .warning(mend: ["sudo blechctl doctor"]))
    }
  }
}

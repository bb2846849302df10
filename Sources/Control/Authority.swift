import Vocabulary

/// What somebody must be to use a verb.
public enum Authority: Equatable, Sendable {
  /// Whoever can connect: the verb only reads.
  case anyone
  /// The verb changes what the daemon does.
  case steerers
}

extension ControlRequest.Verb {
  public var authority: Authority {
    switch self {
    case .status, .why: .anyone
    case .retry, .retrain, .cancel, .first, .pause, .resume, .process, .processBacklog, .reload: .steerers
    }
  }

  /// As `blechctl` has it on its command line, without the directory.
  public var command: String {
    switch self {
    case .status: "status"
    case .why: "why"
    case .retry: "retry"
    case .retrain: "retrain"
    case .cancel: "cancel"
    case .first: "first"
    case .pause: "pause"
    case .resume: "resume"
    case .process: "process"
    case .processBacklog: "process --backlog"
    case .reload: "reload"
    }
  }

  /// The directory that it is about, if it is about one.
  public var directory: String? {
    switch self {
    case .why(let directory), .retry(let directory), .retrain(let directory), .cancel(let directory),
      .first(let directory), .process(let directory):
      directory
    case .status, .pause, .resume, .processBacklog, .reload: nil
    }
  }
}

/// Who may steer: root, the daemon's own user, and the members of one group.
public struct Steerers: Equatable, Sendable {
  /// The group that the configuration names.
  public enum Group: Equatable, Sendable {
    /// It names none.
    case none
    case known(name: String, id: UInt32)
    /// It names one that the machine does not have, or cannot say whether it has.
    case unknown(name: String, why: String)
  }

  /// The daemon's own user.
  public var daemon: UInt32
  public var group: Group

  public init(daemon: UInt32, group: Group) {
    self.daemon = daemon
    self.group = group
  }

  /// Why a peer may not use a verb, or nil where it may.
  public func refusal(of peer: Peer, for verb: ControlRequest.Verb) -> Failure? {
    switch verb.authority {
    case .anyone: return nil
    case .steerers:
      if includes(peer) { return nil }
      return Failure(.notPermitted, verb.command, "needs \(requirement)", remedy: remedy(for: verb))
    }
  }

  private func includes(_ peer: Peer) -> Bool {
    if peer.uid == 0 || peer.uid == daemon { return true }
    if case .known(_, let id) = group { return peer.gid == id || peer.groups.contains(id) }
    return false
  }

  private var requirement: String {
    switch group {
    case .none: "root, or the user that the daemon runs as"
    case .known(let name, _): "root, the user that the daemon runs as, or membership of the group \(name)"
    case .unknown(let name, let why):
      "root, or the user that the daemon runs as, since its control_group, \(name), is not known: \(why)"
    }
  }

  private func remedy(for verb: ControlRequest.Verb) -> String {
    let command = "sudo blechctl \(verb.command)\(verb.directory == nil ? "" : " ...")"
    switch group {
    case .none: return "\(command), or name a group of yours in control_group of the daemon's configuration"
    case .known(let name, _):
      return
        "\(command), or have an administrator add you to it, sudo usermod -aG \(name) USER, and log in anew"
    case .unknown: return "\(command), or have control_group of the daemon's configuration put right"
    }
  }
}

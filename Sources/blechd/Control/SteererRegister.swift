import Control
import Logging

/// Who may steer, as the configuration in force and the machine's groups have it.
///
/// The group is looked up when the daemon starts and when it reads its configuration anew; where that did not find it
/// (at boot, a directory service may come after the daemon), again when somebody asks, once a minute at most.
actor SteererRegister {
  typealias Lookup = @Sendable (_ name: String) async -> AccountDirectory.Answer<UInt32>
  private typealias Asked = (group: Task<Steerers.Group, Never>, began: ContinuousClock.Instant)

  private let daemon: UInt32
  private let find: Lookup
  private let log: Logger
  /// The group's name.
  private var name: String?
  private var lookup: Asked?
  /// The name whose group was not found, as the log has it already.
  private var missed: String?

  private static let retryInterval = Duration.seconds(60)

  /// - Parameters:
  ///   - daemon: its own user.
  ///   - group: the name that the configuration has, or nil.
  ///   - find: answers in bounded time.
  init(daemon: UInt32, group name: String?, log: Logger, find: @escaping Lookup) {
    self.daemon = daemon
    self.name = name
    self.log = log
    self.find = find
  }

  /// Another configuration is in force, or the same one again.
  func use(group name: String?) {
    self.name = name
    begin()
  }

  /// Those of this moment.
  ///
  /// - Parameter now: when a group that was not found is due to be looked up again.
  func current(at now: ContinuousClock.Instant = .now) async -> Steerers {
    var lookup = lookup ?? begin()
    var group = await lookup.group.value
    if case .unknown = group, lookup.began + Self.retryInterval <= now, lookup.group == self.lookup?.group {
      begin()
    }
    // That, another configuration, or somebody else's question may have begun another one.
    while let latest = self.lookup, latest.group != lookup.group {
      (lookup, group) = (latest, await latest.group.value)
    }
    return Steerers(daemon: daemon, group: group)
  }

  @discardableResult
  private func begin() -> Asked {
    let task = Task { [name, find] in
      guard let name else { return Steerers.Group.none }
      let group = Steerers.Group(name, await find(name))
      tell(group)
      return group
    }
    let asked = (group: task, began: ContinuousClock.now)
    lookup = asked
    return asked
  }

  /// Each name that was not found is told once.
  private func tell(_ group: Steerers.Group) {
    switch group {
    case .none: missed = nil
    case .known(let name, _):
      if missed == name { log.notice("members of the group \(name) may steer from now on") }
      missed = nil
    case .unknown(let name, let why):
      if missed != name {
        log.warning(
          "control_group: \(name): \(why); until it is found, only root and the daemon's own user may steer (sudo groupadd \(name) makes a group)"
        )
      }
      missed = name
    }
  }
}

extension Steerers.Group {
  fileprivate init(_ name: String, _ answer: AccountDirectory.Answer<UInt32>) {
    switch answer {
    case .found(let id): self = .known(name: name, id: id)
    case .absent: self = .unknown(name: name, why: "this machine has no such group")
    case .unknown(let why): self = .unknown(name: name, why: "it could not be looked up: \(why)")
    }
  }
}

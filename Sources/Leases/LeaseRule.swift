/// Whether a lease still counts.
enum LeaseStanding: Equatable, Sendable {
  case live
  case stale(Reason)

  enum Reason: Equatable, Sendable {
    case processEnded
    case hostRestarted
    /// Nobody has refreshed it for too long.
    case silent
  }
}

/// Where the holder of a lease runs, seen from another process.
enum HolderPlace: Equatable, Sendable {
  /// Under the same system, where its number tells whether it runs.
  case sameSystem
  /// On the same host, before its last start.
  case earlierBoot
  /// On another host or in another container, or it is not known where.
  case elsewhere
}

extension ProcessIdentity {
  /// What is not known is equal to nothing.
  func place(from here: ProcessIdentity) -> HolderPlace {
    guard host == here.host, !host.isEmpty, let boot, let hereBoot = here.boot else { return .elsewhere }
    guard boot == hereBoot else {
      return machine != nil && machine == here.machine ? .earlierBoot : .elsewhere
    }
    return pidNamespace != nil && pidNamespace == here.pidNamespace ? .sameSystem : .elsewhere
  }
}

extension LeaseContent {
  func place(from here: ProcessIdentity) -> HolderPlace {
    if case .record(let record) = self { record.process.place(from: here) } else { .elsewhere }
  }

  /// - Parameters:
  ///   - process: the state of the process here that has the number of the holder's.
  ///   - age: how long ago the lease was last refreshed, by the clock of the file system. Nil: not known, then nothing is
  ///     taken for old.
  ///   - limit: older ones of other hosts do not count any more.
  func standing(
    from here: ProcessIdentity, process: ProcessState, age: Duration?, limit: Duration
  ) -> LeaseStanding {
    switch place(from: here) {
    case .sameSystem: return isHeld(by: process) ? .live : .stale(.processEnded)
    case .earlierBoot: return .stale(.hostRestarted)
    case .elsewhere: break
    }
    guard let age, age > limit else { return .live }
    return .stale(.silent)
  }

  private func isHeld(by process: ProcessState) -> Bool {
    guard case .record(let record) = self, case .running(let started) = process else { return false }
    // A start that is not known may be any.
    guard let started, let own = record.process.started else { return true }
    return started == own
  }
}

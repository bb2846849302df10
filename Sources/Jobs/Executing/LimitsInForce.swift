/// What holds local workers to their limits.
public enum LimitsInForce: Equatable, CustomStringConvertible, Sendable {
  /// The kernel, through control groups inside this one.
  case controlGroups(group: String)
  /// The workers themselves and the daemon, for this reason.
  case ownLimits(reason: String)

  public var description: String {
    switch self {
    case .controlGroups(let group): "cgroup v2: \(group)"
    case .ownLimits(let reason):
      "rlimits, nice, affinity; memory is watched by blechd (cgroups: \(reason))"
    }
  }
}

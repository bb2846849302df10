import SystemPackage

/// Why control groups cannot be used.
public enum ControlGroupObstacle: Error, Equatable, CustomStringConvertible, Sendable {
  /// The unified hierarchy, version 2, is not mounted.
  case noHierarchy
  /// This process's group lies outside of what is mounted.
  case outOfSight(String)
  /// The kernel, or the group around it, keeps controllers back.
  case controllersMissing(group: String, [String])
  /// The group belongs to somebody else.
  case notDelegated(group: String, why: String)
  /// Nobody asked for them: a daemon that decides and runs nothing takes no group over.
  case notWanted
  /// A call failed.
  case failed(path: String, operation: String, Errno)

  public var description: String {
    switch self {
    case .noHierarchy: "cgroup version 2 is not mounted"
    case .outOfSight(let group): "the group \(group) is not visible here"
    case .controllersMissing(let group, let names):
      "\(group) has no \(names.joined(separator: ", ")) controller"
    case .notDelegated(let group, let why): "\(group) is not delegated: \(why)"
    case .notWanted: "not asked for"
    case .failed(let path, let operation, let errno): "\(path): cannot \(operation): \(errno)"
    }
  }
}

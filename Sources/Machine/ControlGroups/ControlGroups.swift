import CLinux
import Glibc
import Synchronization
import SystemPackage

/// A control group that was delegated to this process (cgroup version 2), and the groups that it makes in there for
/// what it runs.
public final class ControlGroups: Sendable {
  /// As the kernel names the group.
  public let name: String
  private let path: String
  private let calls: ControlGroupCalls
  private let made = Mutex(0)

  /// What limits a worker.
  public static let controllers = ["cpu", "memory", "pids"]
  /// What is handed on where there is one: with it, a disk serves the groups apart.
  private static let welcome = ["io"]

  /// Where this process lives: a group that hands controllers on cannot hold processes itself. (systemd's
  /// `DelegateSubgroup=` can put it there from the start.)
  private static let leaf = "main"
  private static let workerPrefix = "worker-"

  private init(_ place: ControlGroupPlace, _ calls: ControlGroupCalls) {
    name = place.name
    path = place.path
    self.calls = calls
  }

  /// Takes this process's group over: moves all that runs in it to a leaf, and ends and removes what an earlier
  /// process has left there.
  ///
  /// - Throws: why that cannot be; then nothing is different, or this process is in the leaf already.
  public static func take() async throws(ControlGroupObstacle) -> ControlGroups {
    try await take(ControlGroupCalls())
  }

  package static func take(_ calls: ControlGroupCalls) async throws(ControlGroupObstacle) -> ControlGroups {
    let own = try ControlGroupPlace.own(below: calls.root)
    let place = own.name.hasSuffix("/\(leaf)") ? own.parent ?? own : own
    try Self.checkDelegation(of: place, calls)
    let groups = ControlGroups(place, calls)
    await groups.removeLeftovers()
    try groups.moveToLeaf()
    let offered = Self.controllers(at: place.path)
    let handedOn = controllers + welcome.filter(offered.contains)
    try groups.write(handedOn.map { "+\($0)" }.joined(separator: " "), to: "cgroup.subtree_control")
    return groups
  }

  /// Why no process on this machine can be given a group of its own, as far as can be told without taking one; nil
  /// where it can.
  public static var machineObstacle: ControlGroupObstacle? { obstacle(below: "") }

  static func obstacle(below root: String) -> ControlGroupObstacle? {
    do throws(ControlGroupObstacle) {
      let place = try ControlGroupPlace.own(below: root)
      try checkControllers(at: place.ancestry.last!, name: "/")
      return nil
    } catch {
      return error
    }
  }

  /// Makes a group for one worker, which joins it by itself (`WorkerGroup.path`).
  public func makeGroup(_ limits: GroupLimits) throws(ControlGroupObstacle) -> WorkerGroup {
    var obstacle: ControlGroupObstacle?
    for _ in 0..<Self.mostNames {
      let number = made.withLock { number in
        number += 1
        return number
      }
      let group = WorkerGroup("\(path)/\(Self.workerPrefix)\(number)", calls)
      do throws(ControlGroupObstacle) {
        try group.make(limits)
        return group
      } catch .failed(let path, let operation, .fileExists) {
        // One of an earlier daemon's, which the kernel would not let go.
        obstacle = .failed(path: path, operation: operation, .fileExists)
      }
    }
    throw obstacle!
  }

  private static let mostNames = 100

  // MARK: Taking over

  private static func checkDelegation(
    of place: ControlGroupPlace, _ calls: ControlGroupCalls
  ) throws(ControlGroupObstacle) {
    // The root has no such file: whoever works there works beside the whole machine.
    guard KernelFile.read(place.path + "/cgroup.type") != nil else {
      throw .notDelegated(group: place.name, why: "it is the machine's own")
    }
    for file in ["", "/cgroup.procs", "/cgroup.subtree_control"] {
      guard unsafe access(place.path + file, W_OK) == 0 else {
        throw .notDelegated(group: place.name, why: "\(place.path + file): \(Errno(rawValue: errno))")
      }
    }
    try checkControllers(at: place.path, name: place.name)
    guard isMarkedDelegated(place.path) || isAlone(in: place, calls) else {
      throw .notDelegated(group: place.name, why: "other processes run in it")
    }
  }

  private static func checkControllers(at path: String, name: String) throws(ControlGroupObstacle) {
    let offered = Self.controllers(at: path)
    let missing = controllers.filter { !offered.contains($0) }
    guard missing.isEmpty else { throw .controllersMissing(group: name, missing) }
  }

  private static func controllers(at path: String) -> [String] {
    (KernelFile.read(path + "/cgroup.controllers") ?? "").split { $0.isWhitespace }.map(String.init)
  }

  /// systemd's own mark, of which the first needs root to be read and the second is set from version 251 on.
  private static func isMarkedDelegated(_ path: String) -> Bool {
    ["trusted.delegate", "user.delegate"].contains { attribute in
      var value: UInt8 = 0
      return unsafe getxattr(path, attribute, &value, 1) == 1 && value == UInt8(ascii: "1")
    }
  }

  /// Root may write to any group, such as that of the shell that it has started this process from: a group that is
  /// not marked is taken only where nobody else is moved.
  private static func isAlone(in place: ControlGroupPlace, _ calls: ControlGroupCalls) -> Bool {
    let processes =
      WorkerGroup.processes(in: place.path) + WorkerGroup.processes(in: "\(place.path)/\(leaf)")
    return processes.allSatisfy { $0 == calls.process }
  }

  private func removeLeftovers() async {
    for name in calls.subdirectories(of: path) where name.hasPrefix(Self.workerPrefix) {
      let group = WorkerGroup("\(path)/\(name)", calls)
      group.killAll()
      await group.remove()
    }
  }

  /// Processes that begin while others are moved are moved in the next round.
  private func moveToLeaf() throws(ControlGroupObstacle) {
    let leaf = "\(path)/\(Self.leaf)"
    guard unsafe mkdir(leaf, 0o755) == 0 || errno == EEXIST else {
      throw .failed(path: leaf, operation: "make the group", Errno(rawValue: errno))
    }
    var moved: Set<pid_t> = []
    for _ in 0..<Self.mostRounds {
      let processes = WorkerGroup.processes(in: path).filter { !moved.contains($0) }
      guard !processes.isEmpty else { return }
      for process in processes {
        moved.insert(process)
        do throws(Errno) {
          try KernelFile.write("\(process)\n", to: leaf + "/cgroup.procs", flags: O_APPEND | O_CREAT)
        } catch .noSuchProcess {
          continue
        } catch {
          throw .failed(path: leaf, operation: "move the process \(process) there", error)
        }
      }
    }
  }

  private static let mostRounds = 100

  private func write(_ text: String, to file: String) throws(ControlGroupObstacle) {
    do throws(Errno) {
      try KernelFile.write(text, to: "\(path)/\(file)")
    } catch {
      throw .failed(path: "\(path)/\(file)", operation: "write \(text) to it", error)
    }
  }
}

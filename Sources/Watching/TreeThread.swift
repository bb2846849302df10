import Synchronization
import SystemPackage
import Threads

/// One tree on a thread of its own: where it blocks, nothing else does.
final class TreeThread: Sendable {
  private enum Command: Sendable {
    case mountsChanged(MountTable)
    case recheck(FilePath)
  }

  private struct Shared {
    /// Bounded by `mostCommands`; of mount tables only the newest counts.
    var commands: [Command] = []
    var status: TreeStatus
    /// Since when the thread has been at work on its present step.
    var busySince: Moment?
    var life = Life.running
  }

  private enum Life {
    case running
    case stopping
    /// What the tree has reported is gone.
    case forgetting
  }

  private let calls: LinuxCalls
  private let shared: Mutex<Shared>
  private let hasEnded = Atomic(false)

  private static let mostCommands = 10_000
  /// A step is over after a second, but for the call that it is in. What takes so long hangs.
  private static let longestStep = Duration.seconds(15)

  init(_ root: WatchRoot) throws(Errno) {
    calls = try LinuxCalls()
    shared = Mutex(Shared(status: TreeStatus(path: root.path)))
  }

  /// - Parameters:
  ///   - report: is called on the tree's thread.
  ///   - statusChanged: is called on the tree's thread, and told whether the root has been found, or found elsewhere.
  func start(
    _ root: WatchRoot, policy: DirectoryPolicy, settings: WatchSettings, mounts: MountTable,
    report: @escaping @Sendable (DirectoryReport) -> Void,
    statusChanged: @escaping @Sendable (_ hasMoved: Bool) -> Void
  ) throws(Errno) {
    try onOwnThread { [self] in
      let tree = WatchedTree(
        root, policy: policy, settings: settings, mounts: mounts, calls: calls, clock: { .now },
        report: report)
      while let commands = nextCommands() {
        for command in commands {
          switch command {
          case .mountsChanged(let table): tree.mountsChanged(table)
          case .recheck(let path): tree.recheck(path)
          }
        }
        tree.step()
        let status = tree.status
        let before = stepEnded(status)
        if before.isNews(status) { statusChanged(before.resolved != status.resolved) }
        calls.wait(until: tree.nextStep)
      }
      if shared.withLock({ $0.life == .forgetting }) { tree.closeRoot(nil) }
      calls.closeEvents()
      hasEnded.store(true, ordering: .releasing)
    }
  }

  /// What has been asked for meanwhile; nil: the end.
  private func nextCommands() -> [Command]? {
    shared.withLock { shared in
      if shared.life != .running { return nil }
      shared.busySince = .now
      defer { shared.commands = [] }
      return shared.commands
    }
  }

  /// Keeps the new status and gives back the one before.
  private func stepEnded(_ status: TreeStatus) -> TreeStatus {
    shared.withLock { shared in
      defer {
        shared.status = status
        shared.busySince = nil
      }
      return shared.status
    }
  }

  private func send(_ command: Command) {
    shared.withLock { shared in
      if case .mountsChanged = command {
        shared.commands.removeAll { if case .mountsChanged = $0 { true } else { false } }
      }
      // Where a tree hangs, so many directories that are to be looked at again are of no use.
      if shared.commands.count < Self.mostCommands { shared.commands.append(command) }
    }
    calls.wake()
  }

  func mountsChanged(_ table: MountTable) { send(.mountsChanged(table)) }

  func recheck(_ path: FilePath) { send(.recheck(path)) }

  var status: TreeStatus {
    shared.withLock { shared in
      var status = shared.status
      if let since = shared.busySince, .now - since > Self.longestStep { status.problems.append(.hangs) }
      return status
    }
  }

  /// - Parameter forgets: everything that the tree has reported is reported as gone.
  func requestStop(forgets: Bool = false) {
    shared.withLock { $0.life = forgets ? .forgetting : .stopping }
    calls.wake()
  }

  /// Waits until the thread has ended, but no longer than until `deadline`: it may hang in a call that never returns.
  func join(until deadline: Moment) async {
    await lookingAgain(until: deadline) { hasEnded.load(ordering: .acquiring) }
  }
}

extension TreeStatus {
  /// Whether `other` tells more than that directories come and go.
  fileprivate func isNews(_ other: TreeStatus) -> Bool {
    resolved != other.resolved || isScanned != other.isScanned || backend != other.backend
      || problems.map(\.kind) != other.problems.map(\.kind)
  }
}

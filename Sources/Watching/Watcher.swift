import Synchronization
import SystemPackage
import Threads

/// Watches directories under several roots and tells which of them have settled.
///
/// Every root has a tree and a thread of its own, and so has every file system that is mounted inside one: inotify where
/// the kernel sees all changes, polling where it does not, and none of them waits for another.
public final class Watcher: Sendable {
  private struct Trees {
    var mounts = MountTable()
    /// By root.
    var roots: [TreeThread] = []
    /// By root and mount point.
    var nested: [Place: TreeThread] = [:]
    var hitMountLimit: Set<Int> = []
    /// How many trees there have been.
    var count = 0
    var life = Life.new
  }

  private enum Life {
    case new
    case running
    case stopped
  }

  private struct Place: Hashable {
    let root: Int
    let point: FilePath
  }

  public let roots: [WatchRoot]
  private let policy: DirectoryPolicy
  private let settings: WatchSettings
  private let reports = Reports()
  private let trees = Mutex(Trees())
  private let monitor: MountMonitor
  private let monitorWaker: WakeUp
  private let monitorHasEnded = Atomic(false)

  /// Most file systems inside one root that are watched.
  private static let mostMounts = 64

  /// - Throws: `Errno` where the process has no descriptor left, or no `/proc`.
  public init(_ roots: [WatchRoot], policy: DirectoryPolicy, settings: WatchSettings) throws(Errno) {
    self.roots = roots
    self.policy = policy
    self.settings = settings
    monitor = try MountMonitor()
    monitorWaker = try WakeUp()
  }

  /// One element whenever reports wait to be taken, or the way in which something is watched has changed. It ends with
  /// `stop`.
  public var signals: AsyncStream<Void> { reports.signals }

  /// The latest report of each directory that has something to say since the last call.
  public func takeReports() -> [RootReport] { reports.take() }

  /// Begins to watch, once. Nothing is waited for.
  ///
  /// - Throws: `Errno` where the process has no descriptor or thread left.
  public func start() throws(Errno) {
    let table = monitor.read()
    let threads = try roots.map { (root) throws(Errno) in try TreeThread(root) }
    let isNew = trees.withLock { trees in
      guard trees.life == .new else { return false }
      (trees.life, trees.mounts, trees.roots) = (.running, table, threads)
      return true
    }
    guard isNew else { return }
    do throws(Errno) {
      for (index, thread) in threads.enumerated() { try start(thread, roots[index], root: index, table) }
      try onOwnThread { [self] in
        while trees.withLock({ $0.life == .running }) {
          monitor.wait(monitorWaker)
          mountsChanged()
        }
        monitorHasEnded.store(true, ordering: .releasing)
      }
    } catch {
      // Those that have begun end again.
      let begun = trees.withLock { trees in
        trees.life = .stopped
        return trees.roots + trees.nested.values
      }
      for thread in begun { thread.requestStop() }
      reports.end()
      throw error
    }
  }

  private func start(
    _ thread: TreeThread, _ root: WatchRoot, root index: Int, _ table: MountTable
  ) throws(Errno) {
    let reports = reports
    let tree = trees.withLock { trees in
      trees.count += 1
      return trees.count
    }
    try thread.start(
      root, policy: policy, settings: settings, mounts: table,
      report: { reports.add(RootReport(root: index, tree: tree, report: $0)) },
      statusChanged: { [weak self] hasMoved in
        if hasMoved { self?.reconcile() }
        reports.signal()
      })
  }

  private func mountsChanged() {
    let table = monitor.read()
    let all = trees.withLock { trees in
      trees.mounts = table
      return trees.roots + trees.nested.values
    }
    for thread in all { thread.mountsChanged(table) }
    reconcile()
  }

  /// Gives every file system inside a root a tree of its own, and takes it away from those that are gone.
  private func reconcile() {
    let (started, stopped, table) = trees.withLock { trees in
      if trees.life != .running { return ([(Place, TreeThread, WatchRoot)](), [TreeThread](), trees.mounts) }
      trees.hitMountLimit = []
      var wanted: [Place: WatchRoot] = [:]
      for (index, thread) in trees.roots.enumerated() {
        guard let base = thread.status.resolved else { continue }
        let inside = nestedRoots(of: index, at: base, trees.mounts)
        if inside.count > Self.mostMounts { trees.hitMountLimit.insert(index) }
        for root in inside.prefix(Self.mostMounts) { wanted[Place(root: index, point: root.path)] = root }
      }
      let unwanted = trees.nested.filter { wanted[$0.key] == nil }
      for place in unwanted.keys { trees.nested[place] = nil }
      var started: [(Place, TreeThread, WatchRoot)] = []
      for (place, root) in wanted where trees.nested[place] == nil {
        // Without a descriptor left it is tried again with the next change.
        guard let thread = try? TreeThread(root) else { continue }
        trees.nested[place] = thread
        started.append((place, thread, root))
      }
      return (started, Array(unwanted.values), trees.mounts)
    }
    for (place, thread, root) in started {
      do throws(Errno) {
        try start(thread, root, root: place.root, table)
      } catch {
        // There is no thread left. It is tried again with the next change of the mounts.
        trees.withLock { $0.nested[place] = nil }
      }
    }
    for thread in stopped { thread.requestStop(forgets: true) }
  }

  private func nestedRoots(of index: Int, at base: FilePath, _ table: MountTable) -> [WatchRoot] {
    let root = roots[index]
    return table.dataMounts(below: base).compactMap { mount in
      guard let names = mount.point.names(below: base),
        !names.indices.contains(where: { root.exclusions.exclude(Array(names[...$0])) })
      else { return nil }
      return WatchRoot(path: mount.point, backend: root.backend, exclusions: root.exclusions, lead: names)
    }
  }

  /// Waits for one directory to settle once more, and reports it then even if nothing has changed.
  public func recheck(_ path: FilePath) {
    for thread in trees.withLock({ $0.roots + $0.nested.values }) { thread.recheck(path) }
  }

  /// How each root is watched, in their order, and each file system inside it.
  public var status: [RootStatus] {
    trees.withLock { trees in
      trees.roots.enumerated().map { index, thread in
        var status = thread.status
        if trees.hitMountLimit.contains(index) {
          status.problems.append(.tooManyMounts(limit: Self.mostMounts))
        }
        let nested = trees.nested.filter { $0.key.root == index }.map(\.value.status)
        return RootStatus(root: status, nested: nested.sorted { $0.path.string < $1.path.string })
      }
    }
  }

  /// Ends all watching. A thread that hangs in a call is left behind.
  ///
  /// - Parameter limit: how long the others are waited for: the kernel takes its time to give up many watches.
  public func stop(within limit: Duration = .seconds(2)) async {
    let (all, wasRunning) = trees.withLock { trees in
      defer { trees.life = .stopped }
      return (trees.roots + trees.nested.values, trees.life == .running)
    }
    guard wasRunning else { return reports.end() }
    monitorWaker.signal()
    for thread in all { thread.requestStop() }
    let deadline = Moment.now + limit
    for thread in all { await thread.join(until: deadline) }
    await lookingAgain(until: deadline) { monitorHasEnded.load(ordering: .acquiring) }
    reports.end()
  }
}

extension Watcher {
  /// Which root a path lies at or below, and is not excluded from: its place in their list.
  public func root(of path: FilePath) -> Int? {
    let status = status
    return status.indices.first { index in
      // One that is not there, or hangs, is known by its name alone.
      let base = status[index].root.resolved ?? roots[index].path
      guard let names = path.names(below: base) else { return false }
      return !names.indices.contains { roots[index].exclusions.exclude(Array(names[...$0])) }
    }
  }

  /// How the tree is watched that a path below a root lies in.
  public func tree(of path: FilePath, root index: Int) -> TreeStatus {
    let status = status[index]
    let inside = status.nested.filter { path.starts(with: $0.path) }
    return inside.max { $0.path.length < $1.path.length } ?? status.root
  }
}

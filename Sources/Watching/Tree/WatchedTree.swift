import FileSystems
import SystemPackage
import Vocabulary

/// Watches one tree of directories on one file system: what lies on other ones inside it is watched by trees of their own.
///
/// Events only tell where to look; what is true is what a look finds. So a lost, late or doubled event cannot do harm, and
/// polling, the hourly rescan and the rescan after an overflow are nothing but more looks.
///
/// It belongs to one thread, whose system calls may block for as long as a dead server lets them.
package final class WatchedTree {
  enum Presence {
    /// Looked for again when the moment has come.
    case missing(Errno?, next: Moment)
    /// - Parameters:
    ///   - path: without symbolic links.
    ///   - ancestors: watches that tell when the path leads elsewhere.
    case present(path: FilePath, ancestors: Set<WatchDescriptor>)
  }

  /// A round in which many directories are looked at.
  struct Sweep {
    let isRescan: Bool
    let started: Moment
    /// Those that are still to be looked at; the last comes first.
    var left: [Node.ID]
    var foundChanges = false
    /// More events were lost meanwhile.
    var mustRepeat = false
  }

  enum EventSource: Equatable {
    case inotify
    /// The file system, or its owner, does not want inotify.
    case unwanted
    /// The kernel gives no instance.
    case refused(Errno)
  }

  let root: WatchRoot
  let policy: DirectoryPolicy
  let settings: WatchSettings
  let calls: any WatchCalls
  let clock: () -> Moment
  let report: (DirectoryReport) -> Void

  var presence: Presence
  var mounts: MountTable
  /// Mount points below the root, which are not for this tree.
  var nestedMounts: Set<FilePath> = []
  var lostMount: FilePath?
  var source = EventSource.unwanted
  var nodes: [Node.ID: Node] = [:]
  var nextID = 1
  var byDescriptor: [WatchDescriptor: Node.ID] = [:]
  var reported: [Node.ID: Reported] = [:]
  var unreadable: [Node.ID: Errno] = [:]

  var ready = ReadyQueue()
  var timers = Deadlines<Node.ID>()
  var sweep: Sweep?
  var rescanDue: Moment
  /// Before this moment lost events start no rescan.
  var rescanRested: Moment
  var pollDue: Moment?
  var poll: PollSchedule
  /// Events told that the root may not be where it was.
  var isRootSuspect = false
  var isScanned = false
  var hitWatchLimit = false
  var overflowedAt: Moment?
  var hitDirectoryLimit = false
  var cutDirectory: FilePath?

  static let rootID: Node.ID = 0

  /// - Parameter report: is called from `step`, on its thread.
  package init(
    _ root: WatchRoot, policy: DirectoryPolicy, settings: WatchSettings, mounts: MountTable,
    calls: any WatchCalls, clock: @escaping () -> Moment, report: @escaping (DirectoryReport) -> Void
  ) {
    self.root = root
    self.policy = policy
    self.settings = settings
    self.mounts = mounts
    self.calls = calls
    self.clock = clock
    self.report = report
    presence = .missing(nil, next: clock())
    rescanDue = clock()
    rescanRested = rescanDue
    poll = PollSchedule(settings.poll)
  }

  /// Does what is due, but no more than a bounded part of it. Call it again when `nextStep` has come.
  package func step() {
    takeEvents()
    checkRoot()
    startSweeps()
    let now = clock()
    while let (due, id) = timers.next(at: now) {
      // It may have been looked at since.
      if nodes[id]?.due == due { makeReady(id) }
    }
    for _ in 0..<settings.looksPerStep where clock() - now < settings.longestStep {
      // What events ask for comes first, and in turn with the sweep, which must come to its end.
      if let id = ready.popFirst() { look(at: id) }
      if let id = sweep?.left.popLast() { look(at: id) }
    }
    endSweep()
    if timers.count > 4 * nodes.count + 1000 { timers.keep { nodes[$1]?.due == $0 } }
  }

  /// When there is something to do, if no event comes before.
  package var nextStep: Moment? {
    if case .missing(_, let next) = presence { return next }
    if !ready.isEmpty || isRootSuspect || sweep?.left.isEmpty == false { return clock() }
    return [timers.earliest, rescanDue, pollDue].compactMap { $0 }.min()
  }

  /// How long an overflow is told of.
  private static let overflowMemory = Duration.seconds(3600)

  package var status: TreeStatus {
    var status = TreeStatus(path: root.path)
    if case .present(let path, _) = presence {
      status.resolved = path
      status.directories = nodes.count
      status.watched = byDescriptor.count
      let polled = polledCount
      status.backend = polled == 0 ? .inotify : status.watched == 0 ? .polling : .both
      if polled > 0 { status.pollInterval = poll.interval }
      status.fileSystem = mounts.mount(of: path)?.type
    }
    status.isScanned = isScanned
    status.problems = problems
    return status
  }

  private var problems: [WatchProblem] {
    var problems: [WatchProblem] = []
    switch presence {
    case .missing(let error?, _): problems.append(.missing(error))
    case .present where lostMount != nil && nodes.count == 1 && reported.isEmpty:
      problems.append(.unmounted(lostMount!))
    default: break
    }
    if let (id, error) = unreadable.min(by: { $0.key < $1.key }), nodes[id] != nil {
      problems.append(.unreadable(count: unreadable.count, example: path(of: id), error))
    }
    if hitWatchLimit {
      problems.append(
        .watchLimit(
          polled: polledCount,
          advisedLimit: WatchProblem.advisedWatches(for: nodes.count)))
    }
    if case .refused(let error) = source { problems.append(.instanceLimit(error)) }
    if let overflowedAt, clock() - overflowedAt < Self.overflowMemory { problems.append(.overflow) }
    if hitDirectoryLimit { problems.append(.tooManyDirectories(limit: settings.mostDirectories)) }
    if let cutDirectory { problems.append(.tooManyEntries(cutDirectory, limit: settings.mostEntries)) }
    return problems
  }

  /// The path of one of the tree's directories.
  func path(of id: Node.ID) -> FilePath {
    guard case .present(let base, _) = presence else { return root.path }
    return base.appending(names(of: id))
  }

  /// The names that lead from the root to a directory.
  func names(of id: Node.ID) -> [FileName] {
    var names: [FileName] = []
    var current = nodes[id]
    while let node = current, let parent = node.parent {
      names.append(node.name)
      current = nodes[parent]
    }
    return names.reversed()
  }

  /// Waits for one directory to settle once more, and reports it then even if nothing has changed.
  package func recheck(_ path: FilePath) {
    guard case .present(let base, _) = presence, let names = path.names(below: base) else { return }
    var id = Self.rootID
    for name in names {
      guard let child = nodes[id]?.children[name] else { return }
      id = child
    }
    if reported[id] != nil { touch(id) }
  }

  /// The mount table has changed.
  package func mountsChanged(_ table: MountTable) {
    let old = (mounts, nestedMounts)
    mounts = table
    guard case .present(let path, _) = presence else { return }
    let (oldHome, newHome) = (old.0.mount(of: path), table.mount(of: path))
    if oldHome != newHome {
      if let oldHome, let newHome, oldHome.point != newHome.point, oldHome.point.starts(with: newHome.point) {
        lostMount = oldHome.point
      }
      return closeRoot(nil)
    }
    nestedMounts = table.points(below: path)
    for point in nestedMounts.symmetricDifference(old.1) {
      if let id = node(at: point.removingLastComponent()) { scheduleLook(at: id) }
    }
  }

  private func node(at path: FilePath) -> Node.ID? {
    guard case .present(let base, _) = presence, let names = path.names(below: base) else { return nil }
    return names.reduce(Self.rootID) { id, name in id.flatMap { nodes[$0]?.children[name] } }
  }
}

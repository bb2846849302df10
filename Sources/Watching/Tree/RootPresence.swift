import FileSystems
import SystemPackage

extension WatchedTree {
  /// Whether the root is where it was, and looks for one that was missing.
  func checkRoot() {
    switch presence {
    case .missing(_, let next):
      if next <= clock() { openRoot() }
    case .present(let path, _):
      guard isRootSuspect else { return }
      isRootSuspect = false
      do throws(Errno) {
        let now = try rootIdentity()
        // Not looked at yet: not known to be another one.
        let known = nodes[Self.rootID]?.identity ?? now.identity
        if now.path != path || now.identity != known { closeRoot(nil) }
      } catch {
        closeRoot(error)
      }
    }
  }

  private func rootIdentity() throws(Errno) -> (path: FilePath, identity: FileIdentity) {
    let path = try repeated { () throws(Errno) in try calls.resolve(root.path) }
    let listing = try repeated { () throws(Errno) in
      try calls.list(path, watching: false, mostEntries: 0, skipped: [], stampsOf: { _ in false })
    }
    return (path, listing.identity)
  }

  private func openRoot() {
    do throws(Errno) {
      let path = try rootIdentity().path
      let magic = try repeated { () throws(Errno) in try calls.fileSystem(of: path) }
      source = .unwanted
      if wantsEvents(magic, path) { source = openEvents() }
      presence = .present(path: path, ancestors: source == .inotify ? watchAncestors(of: path) : [])
      nestedMounts = mounts.points(below: path)
      if let home = mounts.mount(of: path), home.point == lostMount { lostMount = nil }
      nodes[Self.rootID] = Node(parent: nil, name: FileName(""), entryInode: 0)
      rescanDue = clock()
    } catch {
      presence = .missing(error, next: clock() + settings.rootRetry)
    }
  }

  private func wantsEvents(_ magic: UInt, _ path: FilePath) -> Bool {
    switch root.backend {
    case .inotify: true
    case .polling: false
    case .auto: !ServedFileSystems.contain(magic: magic) && !mounts.liesOverServed(path, calls)
    }
  }

  private func openEvents() -> EventSource {
    do throws(Errno) {
      try repeated { () throws(Errno) in try calls.openEvents() }
      return .inotify
    } catch {
      return .refused(error)
    }
  }

  /// The root itself does not notice when a directory above it is renamed.
  private func watchAncestors(of path: FilePath) -> Set<WatchDescriptor> {
    var ancestors: Set<WatchDescriptor> = []
    var current = path
    while current.removeLastComponent() {
      if let descriptor = try? calls.addWatch(toItself: current) { ancestors.insert(descriptor) }
    }
    return ancestors
  }

  /// The root is not there any more, or is another one: nothing that was known of it holds.
  func closeRoot(_ error: Errno?) {
    calls.closeEvents()
    for id in reported.keys.sorted() { reportGone(id) }
    (nodes, byDescriptor, reported, unreadable) = ([:], [:], [:], [:])
    (ready, timers, sweep, pollDue) = (ReadyQueue(), Deadlines(), nil, nil)
    (hitWatchLimit, hitDirectoryLimit, cutDirectory) = (false, false, nil)
    source = .unwanted
    (isRootSuspect, isScanned) = (false, false)
    let now = clock()
    presence = .missing(error, next: error == nil ? now : now + settings.rootRetry)
  }
}

/// Repeats a call for as long as a signal interrupts it.
func repeated<Result>(_ call: () throws(Errno) -> Result) throws(Errno) -> Result {
  while true {
    do throws(Errno) {
      return try call()
    } catch {
      if error != .interrupted { throw error }
    }
  }
}

import SystemPackage
import Vocabulary

extension WatchedTree {
  /// Looks at a directory: what it holds is what counts from now on.
  func look(at id: Node.ID) {
    guard nodes[id] != nil else { return }
    nodes[id]!.isReady = false
    nodes[id]!.due = nil
    let path = path(of: id)
    let started = clock()
    do throws(Errno) {
      let listing = try repeated { () throws(Errno) in
        try calls.list(
          path, watching: source == .inotify && (!hitWatchLimit || nodes[id]!.watch != nil),
          mostEntries: settings.mostEntries, skipped: mountedNames(in: path), stampsOf: policy.isRelevant)
      }
      if adoptWatch(listing.watch, for: id) { apply(listing, to: id, path, asOf: started) }
    } catch {
      lookFailed(id, error)
    }
    let ended = clock()
    nodes[id]?.rested = ended + max(Self.shortestRest, (ended - started) * Self.restShare)
  }

  /// How long a directory is left alone after a look, at least, and in relation to how long the look took.
  private static let (shortestRest, restShare) = (Duration.milliseconds(100), 20.0)

  private func mountedNames(in path: FilePath) -> Set<FileName> {
    if nestedMounts.isEmpty { return [] }
    return Set(
      nestedMounts.filter { $0.removingLastComponent() == path }.compactMap { $0.names(below: path)?.first })
  }

  /// Keeps in order which watch is whose.
  ///
  /// - Returns: false where the directory turned out to be another one's, and is known no more.
  private func adoptWatch(_ watch: Result<WatchDescriptor, Errno>?, for id: Node.ID) -> Bool {
    let known = nodes[id]!.watch
    guard case .success(let descriptor) = watch else {
      if case .failure(let error) = watch, error == .noSpace || error == .noMemory {
        // No more watches, or no memory for one: it is polled.
        hitWatchLimit = true
      }
      // Without a watch now, whatever it had before was another directory's.
      if watch != nil { dropWatch(of: id) }
      return true
    }
    guard descriptor != known else { return true }
    dropWatch(of: id)
    guard let former = byDescriptor[descriptor] else {
      byDescriptor[descriptor] = id
      nodes[id]!.watch = descriptor
      return true
    }
    return takeWatch(descriptor, from: former, for: id)
  }

  /// inotify watches directories, not paths: a directory that was moved keeps its watch. One that is mounted at a second
  /// place, of which the mount table has not told yet, has the same: what is true shows in the other place.
  private func takeWatch(_ descriptor: WatchDescriptor, from former: Node.ID, for id: Node.ID) -> Bool {
    guard let parent = nodes[former]?.parent else {
      // The root itself has come to lie inside its own tree.
      isRootSuspect = true
      return true
    }
    nodes[former]!.watch = nil
    byDescriptor[descriptor] = nil
    remove(former)
    scheduleLook(at: parent)
    guard nodes[id] != nil else {
      // It lay below the former one.
      calls.removeWatch(descriptor)
      return false
    }
    byDescriptor[descriptor] = id
    nodes[id]!.watch = descriptor
    return true
  }

  private func dropWatch(of id: Node.ID) {
    guard let descriptor = nodes[id]?.watch else { return }
    nodes[id]!.watch = nil
    byDescriptor[descriptor] = nil
    calls.removeWatch(descriptor)
  }

  private func lookFailed(_ id: Node.ID, _ error: Errno) {
    let isGone = [.noSuchFileOrDirectory, .notDirectory, .tooManySymbolicLinkLevels].contains(error)
    if isGone {
      if id == Self.rootID { isRootSuspect = true } else { remove(id) }
      return
    }
    tryAgain(id, after: error)
  }

  /// Nobody tells when it can be read again.
  private func tryAgain(_ id: Node.ID, after error: Errno) {
    unreadable[id] = error
    let delay = nodes[id]!.retry ?? settings.retry
    nodes[id]!.retry = min(delay * 2, settings.rescan)
    scheduleLook(at: id, due: clock() + delay)
  }

  private func apply(_ listing: DirectoryListing, to id: Node.ID, _ path: FilePath, asOf started: Moment) {
    guard let known = nodes[id] else { return }
    if let failure = listing.failure {
      tryAgain(id, after: failure)
    } else {
      unreadable[id] = nil
      nodes[id]!.retry = nil
    }
    if let identity = known.identity, identity != listing.identity {
      guard id != Self.rootID else {
        isRootSuspect = true
        return
      }
      // Another directory has taken its place, perhaps with links to the same files.
      reported[id]?.isTouched = true
    }
    nodes[id]!.identity = listing.identity
    if listing.isCut { cutDirectory = path } else if cutDirectory == path { cutDirectory = nil }
    let kind = policy.kind(listing.files.keys.sorted())
    // Below the root everything is watched: a stray session in it must not hide all others.
    let hasChildren = kind != .terminal || id == Self.rootID
    updateChildren(of: id, hasChildren ? listing.directories : [:], path)
    if kind == .ordinary {
      if reported[id] != nil { reportGone(id) }
    } else {
      update(id, listing.files, isTerminal: !hasChildren, asOf: started)
    }
  }

  private func updateChildren(of id: Node.ID, _ found: [FileName: UInt64], _ path: FilePath) {
    let lead = root.lead + names(of: id)
    for (name, child) in nodes[id]!.children where !isWanted(name, found[name], lead, path) { remove(child) }
    for (name, inode) in found.sorted(by: { $0.key < $1.key }) where isWanted(name, inode, lead, path) {
      guard let child = nodes[id]!.children[name] else {
        add(name, inode: inode, to: id)
        continue
      }
      if nodes[child]!.entryInode != inode {
        nodes[child]!.entryInode = inode
        makeReady(child)
      }
    }
  }

  private func isWanted(_ name: FileName, _ inode: UInt64?, _ lead: [FileName], _ path: FilePath) -> Bool {
    guard inode != nil, !root.exclusions.exclude(lead + [name]) else { return false }
    return nestedMounts.isEmpty || !nestedMounts.contains(path.appending(CollectionOfOne(name)))
  }

  private func add(_ name: FileName, inode: UInt64, to parent: Node.ID) {
    guard nodes.count < settings.mostDirectories else {
      hitDirectoryLimit = true
      return
    }
    let id = nextID
    nextID += 1
    nodes[id] = Node(parent: parent, name: name, entryInode: inode)
    nodes[parent]!.children[name] = id
    sweep?.foundChanges = true
    makeReady(id)
  }

  /// Forgets a directory and all below it.
  func remove(_ id: Node.ID) {
    sweep?.foundChanges = true
    let subtree = subtree(of: id)
    // While the way to each of them is still known.
    for id in subtree { reportGone(id) }
    if let node = nodes[id], let parent = node.parent, nodes[parent]?.children[node.name] == id {
      nodes[parent]!.children[node.name] = nil
    }
    for id in subtree {
      if let watch = nodes[id]?.watch {
        byDescriptor[watch] = nil
        calls.removeWatch(watch)
      }
      unreadable[id] = nil
      nodes[id] = nil
    }
    hitDirectoryLimit = false
  }

  private func subtree(of id: Node.ID) -> [Node.ID] {
    var (found, next) = ([id], 0)
    while next < found.count {
      found += (nodes[found[next]]?.children.values).map(Array.init) ?? []
      next += 1
    }
    return found
  }
}

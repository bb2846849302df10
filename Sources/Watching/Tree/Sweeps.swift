extension WatchedTree {
  /// What is looked at and when, apart from what events ask for.
  func startSweeps() {
    guard case .present = presence, sweep == nil else { return }
    let now = clock()
    if rescanDue <= now {
      // Watches that others have given back can be had now.
      hitWatchLimit = false
      start(Sweep(isRescan: true, started: now, left: nodes.keys.sorted()))
    } else if let due = pollDue, due <= now {
      start(Sweep(isRescan: false, started: now, left: nodes.keys.filter(isPolled).sorted()))
    }
  }

  private func start(_ sweep: Sweep) {
    self.sweep = sweep
    pollDue = nil
    // Nobody tells when a symbolic link on the way to the root leads elsewhere.
    isRootSuspect = true
  }

  /// A directory that cannot be read is tried again at times of its own.
  private func isPolled(_ id: Node.ID) -> Bool { nodes[id]?.watch == nil && unreadable[id] == nil }

  var polledCount: Int {
    nodes.count - byDescriptor.count - unreadable.keys.count { nodes[$0]?.watch == nil }
  }

  /// How long it is after a rescan until lost events ask for the next one.
  private static let (shortestRest, restShare) = (Duration.seconds(5), 10.0)

  func endSweep() {
    guard case .present = presence else { return }
    let now = clock()
    if let ended = sweep, ended.left.isEmpty {
      sweep = nil
      let duration = now - ended.started
      if ended.isRescan {
        rescanRested = now + max(Self.shortestRest, duration * Self.restShare)
        rescanDue = ended.mustRepeat ? rescanRested : now + settings.rescan * Double.random(in: 0.9...1.1)
      }
      if polledCount > 0 { poll.roundEnded(after: duration, foundChanges: ended.foundChanges) }
    }
    if sweep == nil, ready.isEmpty { isScanned = true }
    if polledCount == 0 {
      pollDue = nil
    } else if sweep == nil, pollDue == nil {
      pollDue = now + poll.interval
    }
  }

  func makeReady(_ id: Node.ID) {
    guard nodes[id]?.isReady == false else { return }
    nodes[id]!.isReady = true
    nodes[id]!.due = nil
    ready.append(id)
  }

  /// Looks at a directory as soon as it has rested.
  func scheduleLook(at id: Node.ID) {
    guard let node = nodes[id] else { return }
    let now = clock()
    guard let rested = node.rested, rested > now else { return makeReady(id) }
    scheduleLook(at: id, due: rested)
  }

  func scheduleLook(at id: Node.ID, due: Moment) {
    guard let node = nodes[id], !node.isReady, node.due.map({ due < $0 }) ?? true else { return }
    nodes[id]!.due = due
    timers.insert(id, due: due)
  }
}

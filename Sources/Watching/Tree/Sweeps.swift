extension WatchedTree {
  /// What is looked at and when, apart from what events ask for.
  func startSweeps() {
    guard case .present = presence, sweep == nil else { return }
    let now = clock()
    if rescanDue <= now {
      // Watches that others have given back can be had now.
      hitWatchLimit = false
      start(Sweep(isRescan: true, started: now), at: nodes.keys.sorted())
    } else if let due = pollDue, due <= now {
      pollDue = nil
      start(Sweep(isRescan: false, started: now), at: nodes.filter { $0.value.watch == nil }.keys.sorted())
    }
  }

  private func start(_ sweep: Sweep, at ids: [Node.ID]) {
    self.sweep = sweep
    for id in ids { makeReady(id) }
  }

  /// How long it is after a rescan until lost events ask for the next one.
  private static let (shortestRest, restShare) = (Duration.seconds(5), 10.0)

  func endSweep() {
    let now = clock()
    if let ended = sweep {
      sweep = nil
      let duration = now - ended.started
      if ended.isRescan {
        isScanned = true
        rescanRested = now + max(Self.shortestRest, duration * Self.restShare)
        rescanDue = ended.mustRepeat ? rescanRested : now + settings.rescan * Double.random(in: 0.9...1.1)
      }
      if byDescriptor.count < nodes.count {
        poll.roundEnded(after: duration, foundChanges: ended.foundChanges)
      }
    }
    guard case .present = presence, byDescriptor.count < nodes.count else {
      pollDue = nil
      return
    }
    if pollDue == nil { pollDue = now + poll.interval }
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

import SystemPackage

extension WatchedTree {
  /// Most buffers of events that are read in one step.
  private static let buffersPerStep = 16

  func takeEvents() {
    guard source == .inotify else { return }
    for _ in 0..<Self.buffersPerStep {
      do throws(Errno) {
        let events = try calls.readEvents()
        if events.isEmpty { return }
        for event in events { take(event) }
      } catch {
        if error == .interrupted { continue }
        // The descriptor itself is broken: what was missed is found by looking.
        return overflowed()
      }
    }
  }

  private func take(_ event: WatchEvent) {
    switch event {
    case .overflow: overflowed()
    case .entry(let descriptor, let name, let isDirectory):
      guard let id = byDescriptor[descriptor] else { return }
      if !isDirectory {
        if policy.isRelevant(name) { touch(id) }
      } else if !name.isHidden, reported[id]?.isTerminal != true {
        scheduleLook(at: id)
      }
    case .directory(let descriptor):
      guard let id = byDescriptor[descriptor] else {
        if case .present(_, let ancestors) = presence, ancestors.contains(descriptor) { isRootSuspect = true }
        return
      }
      lookForParent(of: id)
    case .dropped(let descriptor):
      guard let id = byDescriptor.removeValue(forKey: descriptor) else {
        if case .present(_, let ancestors) = presence, ancestors.contains(descriptor) { isRootSuspect = true }
        return
      }
      nodes[id]?.watch = nil
      // It is gone, and will be found so, or it can be watched again.
      scheduleLook(at: id)
    }
  }

  private func lookForParent(of id: Node.ID) {
    guard let parent = nodes[id]?.parent else {
      isRootSuspect = true
      return
    }
    scheduleLook(at: parent)
  }

  /// A relevant file of the directory came, went or was written.
  func touch(_ id: Node.ID) {
    reported[id]?.isTouched = true
    scheduleLook(at: id)
  }

  /// Events were lost: everything is looked at anew, once, however many times this is said meanwhile, and not without a
  /// rest: where events always come too fast, looking is not to be all that happens.
  func overflowed() {
    let now = clock()
    overflowedAt = now
    if sweep?.isRescan == true {
      sweep?.mustRepeat = true
    } else {
      rescanDue = min(rescanDue, max(now, rescanRested))
    }
  }
}

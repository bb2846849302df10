import Vocabulary

extension WatchedTree {
  /// What a look has found in a directory that is reported.
  ///
  /// - Parameter started: before the look. What it found may be as old as that, and as new as now.
  func update(_ id: Node.ID, _ files: [FileName: Stamp], isTerminal: Bool, asOf started: Moment) {
    let now = clock()
    guard var known = reported[id] else {
      sweep?.foundChanges = true
      reported[id] = Reported(isTerminal: isTerminal, files: files, settling: Settling(changedAt: now))
      return report(id)
    }
    let before = known.settling.state
    let saidToKeepChanging = known.keepsChanging
    if known.isTouched || known.files != files {
      known.settling.changed(at: now)
      sweep?.foundChanges = true
    } else {
      known.settling.unchanged(at: started, settings)
    }
    known.keepsChanging = known.settling.keepsChanging(at: now, settings)
    (known.files, known.isTouched, known.isTerminal) = (files, false, isTerminal)
    reported[id] = known
    switch (before, known.settling.state) {
    case (.changing, .changing) where known.keepsChanging == saidToKeepChanging: scheduleSettling(id)
    case (.settled, .settled): break
    default: report(id)
    }
  }

  private func scheduleSettling(_ id: Node.ID) {
    if let deadline = reported[id]?.settling.deadline(settings) { scheduleLook(at: id, due: deadline) }
  }

  private func report(_ id: Node.ID) {
    guard let known = reported[id], let identity = nodes[id]?.identity else { return }
    let state: DirectoryReport.State =
      switch known.settling.state {
      case .changing(let since, _): .changing(since: since, keepsChanging: known.keepsChanging)
      case .settled: .settled(known.files)
      }
    report(DirectoryReport(path: path(of: id), identity: identity, state: state))
    scheduleSettling(id)
  }

  func reportGone(_ id: Node.ID) {
    guard reported.removeValue(forKey: id) != nil, let identity = nodes[id]?.identity else { return }
    report(DirectoryReport(path: path(of: id), identity: identity, state: .gone))
  }
}

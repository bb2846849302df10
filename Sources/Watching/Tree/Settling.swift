/// Whether one directory has been left alone for long enough. Every change starts the wait anew.
struct Settling: Equatable, Sendable {
  enum State: Equatable, Sendable {
    /// - Parameters:
    ///   - since: the first change after it was last settled.
    ///   - last: the latest change.
    case changing(since: Moment, last: Moment)
    case settled
  }

  private(set) var state: State

  /// Something new begins with a change.
  init(changedAt now: Moment) { state = .changing(since: now, last: now) }

  mutating func changed(at now: Moment) {
    switch state {
    case .changing(let since, _): state = .changing(since: since, last: now)
    case .settled: state = .changing(since: now, last: now)
    }
  }

  /// When it is to be looked at once more: unchanged then, it has settled.
  func deadline(_ settings: WatchSettings) -> Moment? {
    guard case .changing(_, let last) = state else { return nil }
    return last + settings.settle
  }

  /// A look has found nothing new.
  mutating func unchanged(at now: Moment, _ settings: WatchSettings) {
    if let deadline = deadline(settings), deadline <= now { state = .settled }
  }

  /// Changing for so long that a person should know.
  func keepsChanging(at now: Moment, _ settings: WatchSettings) -> Bool {
    guard case .changing(let since, _) = state else { return false }
    return now - since >= settings.patience
  }
}

import Vocabulary

/// What waits to be written down: of each session and job the latest, so that it stays small however long the disk is
/// full.
struct Backlog: Sendable {
  private enum Key: Hashable {
    case session(String)
    case job(String, JobIdentity)
    case began(Int64)
    case ended(Int64)
    case paused
  }

  private var changes: [Key: (number: Int, change: StoreChange)] = [:]
  private var count = 0
  /// Attempts that were dropped because there were too many.
  private(set) var dropped = 0

  /// Attempts that wait at once: hours of work.
  static let mostAttempts = 10_000

  var isEmpty: Bool { changes.isEmpty }

  /// In their order.
  var all: [StoreChange] { changes.values.sorted { $0.number < $1.number }.map(\.change) }

  mutating func append(_ change: StoreChange) {
    count += 1
    switch change {
    case .session(let record): changes[.session(record.path)] = (count, change)
    case .job(let record): changes[.job(record.path, record.job)] = (count, change)
    case .attemptBegan(let record): changes[.began(record.id)] = (count, change)
    case .attemptEnded(let end): changes[.ended(end.id)] = (count, change)
    case .forgetSession(let path):
      // With a session its jobs go.
      changes = changes.filter { if case .job(path, _) = $0.key { false } else { true } }
      changes[.session(path)] = (count, change)
    case .forgetJob(let path, let job): changes[.job(path, job)] = (count, change)
    case .paused: changes[.paused] = (count, change)
    }
    dropSurplus()
  }

  private mutating func dropSurplus() {
    // Far more than all attempts: most are sessions and jobs, which are bounded by what there is.
    guard changes.count > 2 * Self.mostAttempts else { return }
    let attempts = changes.filter { key, _ in
      switch key {
      case .began, .ended: true
      default: false
      }
    }
    guard attempts.count > Self.mostAttempts else { return }
    for (key, _) in attempts.sorted(by: { $0.value.number < $1.value.number }).prefix(attempts.count / 2) {
      changes[key] = nil
      dropped += 1
    }
  }
}

import FoundationEssentials
import Reporting
import Scheduling
import Synchronization
import Vocabulary

/// The sessions that ended last, for the status.
final class EndedSessions: Sendable {
  private let sessions = Mutex<[StatusDocument.Ended]>([])

  /// The latest first.
  var latest: [StatusDocument.Ended] { sessions.withLock { $0 } }

  func append(_ outcome: SessionOutcome) {
    let (kind, reason) = outcome.told
    let ended = StatusDocument.Ended(
      path: outcome.directory.escapingControls, outcome: kind, reason: reason,
      finished: Date.now.ISO8601Format())
    sessions.withLock { sessions in
      sessions.insert(ended, at: 0)
      if sessions.count > StatusDocument.mostEnded { sessions.removeLast() }
    }
  }
}

extension SessionOutcome {
  /// How it ended, in a word and in a sentence.
  var told: (kind: String, reason: String) {
    switch kind {
    case .done: return ("done", "\(jobs.count) results are written")
    case .partlyDone: return ("partly_done", missing)
    case .failed:
      if let failure { return ("failed", "its results cannot be written: \(failure)") }
      return ("failed", missing)
    case .cancelled: return ("cancelled", "a person has cancelled it")
    }
  }

  /// How many jobs have no result, and why.
  private var missing: String {
    let failures = jobs.compactMap { if case .failed(let failed) = $0.state { failed.failure } else { nil } }
    let count = failures.count == jobs.count ? "all its" : "\(failures.count) of \(jobs.count)"
    return "\(count) jobs have failed: \(failures.first.map { "\($0)" } ?? "")"
  }
}

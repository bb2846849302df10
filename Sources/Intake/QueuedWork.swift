import Vocabulary
import Watching

/// What the queue was last given of one session.
public struct QueuedWork: Equatable, Sendable {
  /// How far the retraining of every job has come, as far as the session's files tell.
  enum Retraining: Equatable, Sendable {
    /// Handed over; the .h5 had this stamp then.
    case owed(h5: Stamp?)
    /// The .h5 was written since, and its data are the same: by our own commit, or by somebody who changed nothing.
    case mayBeDone
  }

  /// The directory that lay at the path: another one at the same path is another session.
  let identity: FileIdentity
  /// Of the jobs that were handed over.
  let fingerprints: [String]
  /// Of its root, as it was last told.
  var priority: Int
  /// Nil where only what needed work was handed over.
  private(set) var retraining: Retraining?

  init(_ work: SessionWork, of identity: FileIdentity) {
    self.identity = identity
    fingerprints = work.fingerprints
    priority = work.priority
    retraining = work.retrains ? .owed(h5: work.inspection.stamps[work.inspection.h5]) : nil
  }

  /// Retraining was asked for, and nothing tells that it was done.
  var owesRetraining: Bool {
    if case .owed = retraining { true } else { false }
  }

  /// Whether there is nothing in `work` that the queue was not given; to be asked after `note`.
  func covers(_ work: SessionWork) -> Bool {
    // Whoever has been given every job of these data was given each of them.
    retraining != nil && !work.retrains || fingerprints == work.fingerprints
  }

  /// What an inspection tells of the retraining. Fingerprints do not: they are the same before and after.
  mutating func note(_ inspection: Inspection) {
    guard let retraining else { return }
    let isSame = fingerprints == inspection.jobs.map(\.fingerprint)
    switch retraining {
    case .owed(let h5): if isSame, inspection.stamps[inspection.h5] != h5 { self.retraining = .mayBeDone }
    case .mayBeDone: if !isSame { self.retraining = nil }
    }
  }
}

import Vocabulary

/// Where a session stands as a whole.
public enum SessionState: Equatable, Sendable {
  /// Nothing of it is under way.
  case waiting
  /// Its directory's lease is being taken.
  case preparing(since: Moment)
  /// Somebody else is at work on it; looked at again when `due` comes.
  case held(Failure, due: Moment)
  /// It is ours: its jobs run.
  case working
  /// Its results are being written.
  case committing(Committing)
  /// Its results are there and could not be written yet; tried again when `due` comes.
  case delayed(Delay)
  /// Nothing more happens by itself: some jobs have failed, or were cancelled, or the commit has failed for good.
  case ended(Failure?)

  /// What came while results are being written, and is for afterwards.
  public struct Committing: Equatable, Sendable {
    enum Meanwhile: Equatable {
      case nothing
      case work(Work)
      case withdrawn
    }

    var meanwhile = Meanwhile.nothing
    /// Why its lease was lost.
    var leaseLoss: Failure?

    /// What is being written is to be inferred anew all the same.
    var owesRetraining: Bool { if case .work(let work) = meanwhile { work.retrains } else { false } }
  }

  public struct Delay: Equatable, Sendable {
    public let reason: Failure
    public let due: Moment
    public let tries: Tries
  }

  var isEnded: Bool { if case .ended = self { true } else { false } }

  /// Whether the lease of its directory is ours.
  var isOurs: Bool {
    switch self {
    case .working, .committing, .delayed: true
    case .waiting, .preparing, .held, .ended: false
    }
  }
}

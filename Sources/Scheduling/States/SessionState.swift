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
  case committing(attempt: Int64)
  /// Its results are there and could not be written yet; tried again when `due` comes.
  case delayed(Delay)
  /// Nothing more happens by itself: some jobs have failed, or were cancelled, or the commit has failed for good.
  case ended(Failure?)

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

/// What a person asks of the daemon for one session, beyond what it would do of itself.
public enum SessionRequest: String, Codable, Sendable {
  /// Take it although it is of the backlog.
  case process
  /// Infer every job anew, whatever is there already, results of other programs included.
  case retrain
  /// Look at it now, and try again what has failed.
  case retry
}

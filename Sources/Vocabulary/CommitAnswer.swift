/// What came of an attempt at putting a session's results into its .h5.
public enum CommitAnswer: Codable, Equatable, Sendable {
  case committed(CommitSummary)
  /// The session is not any more what the results were inferred from; nothing was written.
  case outdated(String)
  /// A script of the pipeline is at work on the session; nothing was written. It is waited for until that time, in
  /// seconds since 1970.
  case waiting(Failure, until: Int64)
  /// The results of these jobs are not, or not whole, in the spool; nothing was written.
  case missing([JobIdentity])
}

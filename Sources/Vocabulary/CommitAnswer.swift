/// How a commit ended that met no failure.
public enum CommitAnswer: Codable, Equatable, Sendable {
  /// The results are in the .h5.
  case committed(CommitSummary)
  /// The session is not what it was when it was inspected, for the reason given: the results are of no use, and it is
  /// to be inspected again. Nothing was written.
  case outdated(String)
  /// A script of the session's log may still be at work: to be tried again after `until`, in seconds since 1970. Nothing
  /// was written.
  case waiting(UnfinishedScript, until: Int64)
  /// The results of these jobs are gone or damaged, and are to be inferred again. Nothing was written.
  case missing([JobIdentity])
}

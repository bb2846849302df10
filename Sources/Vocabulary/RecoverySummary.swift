/// What recovery found beside one .h5, and what it did.
public struct RecoverySummary: Codable, Equatable, Sendable {
  public enum Outcome: Codable, Equatable, Sendable {
    /// The file is what it was before the interrupted commit, `length` bytes long; so many pages of 4 KiB were written
    /// back.
    case rolledBack(pages: Int, length: Int64)
    /// The interrupted commit had not begun to write to the file.
    case removedUnfinishedJournal
    /// Nothing was done, for the reason given. A person may discard the journal where trying again would not help.
    case refused(Failure, mayBeDiscarded: Bool)
    /// A journal that does not fit was given this name.
    case setAside(String)
  }

  /// The .h5, or a directory that could not be searched.
  public var path: String
  public var outcome: Outcome

  public init(path: String, outcome: Outcome) {
    self.path = path
    self.outcome = outcome
  }

  public var refusal: Failure? {
    if case .refused(let failure, _) = outcome { failure } else { nil }
  }
}

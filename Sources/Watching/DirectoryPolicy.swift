/// What the owner of a watch looks for. A watch itself knows directories and names, not what they mean.
public struct DirectoryPolicy: Sendable {
  public enum Kind: Equatable, Sendable {
    /// Nothing of interest in itself; what lies below may be.
    case ordinary
    /// Reported with the stamps of its relevant files; what lies below is watched as well.
    case reported
    /// Reported; nothing below it is watched.
    case terminal
  }

  /// Whether a file of that name decides about the directory that it lies in.
  public let isRelevant: @Sendable (FileName) -> Bool
  /// What a directory is that holds these relevant files.
  public let kind: @Sendable (_ relevant: [FileName]) -> Kind

  public init(
    isRelevant: @escaping @Sendable (FileName) -> Bool, kind: @escaping @Sendable ([FileName]) -> Kind
  ) {
    self.isRelevant = isRelevant
    self.kind = kind
  }
}

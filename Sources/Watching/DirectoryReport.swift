import SystemPackage
import Vocabulary

/// What a watch has to say of one directory that holds relevant files.
public struct DirectoryReport: Equatable, Sendable {
  public enum State: Equatable, Sendable {
    /// Its files come, go or are written; for a long time already where `keepsChanging`.
    case changing(since: Moment, keepsChanging: Bool)
    /// Its relevant files have had these stamps for the time that it takes to settle.
    case settled([FileName: Stamp])
    /// It is not there any more, or holds no relevant file.
    case gone
  }

  public let path: FilePath
  public let identity: FileIdentity
  public let state: State

  public init(path: FilePath, identity: FileIdentity, state: State) {
    self.path = path
    self.identity = identity
    self.state = state
  }
}

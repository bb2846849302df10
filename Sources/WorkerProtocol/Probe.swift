import Vocabulary

/// Tries in one directory what writing results needs, and leaves nothing there. Answer: `.probed`.
public struct ProbeTask: Codable, Equatable, Sendable {
  public var directory: String
  public init(directory: String) { self.directory = directory }
}

/// What a worker found out about itself and one directory.
public struct ProbeResult: Codable, Equatable, Sendable {
  public enum Lock: Codable, Equatable, Sendable {
    /// Whoever holds the lock of an .h5 keeps others out.
    case excludes
    case doesNotExclude
    /// The file system gives no lock, for this reason.
    case refused(String)
  }

  public var lock: Lock
  /// Whether programs that take no lock can be made to wait.
  public var hasLease: Bool
  /// Why a change of a small .h5 failed; nil: it went well.
  public var commitFailure: Failure?
  /// Of libhdf5, such as `1.10.8`.
  public var libraryVersion: String
  /// What the kernels were built for: a level such as `x86-64-v3`, or `native`.
  public var instructionSet: String

  public init(
    lock: Lock, hasLease: Bool, commitFailure: Failure?, libraryVersion: String, instructionSet: String
  ) {
    self.lock = lock
    self.hasLease = hasLease
    self.commitFailure = commitFailure
    self.libraryVersion = libraryVersion
    self.instructionSet = instructionSet
  }
}

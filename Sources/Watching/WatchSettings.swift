import SystemPackage
import Vocabulary

/// A moment of the clock that never jumps, and stands still while the machine sleeps: a copy that sleeps with it has not
/// come to its end.
public typealias Moment = SuspendingClock.Instant

/// What is to be watched, and how.
public struct WatchRoot: Equatable, Sendable {
  public enum Backend: String, Equatable, Sendable {
    /// inotify where it sees everything, polling elsewhere.
    case auto
    case inotify
    case polling
  }

  /// Absolute. Symbolic links on the way are followed: a person named it.
  public let path: FilePath
  public let backend: Backend
  public let exclusions: Exclusions
  /// What leads here from the root that the owner named: nothing, except for a file system that is mounted inside it.
  let lead: [FileName]

  public init(path: FilePath, backend: Backend = .auto, exclusions: Exclusions = Exclusions([])) {
    self.init(path: path, backend: backend, exclusions: exclusions, lead: [])
  }

  init(path: FilePath, backend: Backend, exclusions: Exclusions, lead: [FileName]) {
    self.path = path
    self.backend = backend
    self.exclusions = exclusions
    self.lead = lead
  }
}

/// The times and bounds of a watch.
public struct WatchSettings: Equatable, Sendable {
  /// How long a directory's files must not have moved before it is reported as settled.
  public var settle: Duration
  /// A directory that has been changing for so long is said to keep changing.
  public var patience: Duration { max(.seconds(600), settle * 10) }
  /// How often everything is looked at anew, whatever was or was not reported; a tenth more or less, by chance.
  public var rescan = Duration.seconds(3600)
  public var poll: ClosedRange<Duration> = .seconds(15) ... .seconds(300)
  /// How soon what could not be read is tried again; doubled each time up to `rescan`.
  public var retry = Duration.seconds(60)
  /// How often a root that is not there is looked for.
  public var rootRetry = Duration.seconds(5)
  /// Most directories of one tree; what lies beyond is not watched, and that is said.
  public var mostDirectories = 1_000_000
  /// Most entries of one directory that are looked at.
  public var mostEntries = 1_000_000
  /// Most directories that are looked at before events are read again.
  public var looksPerStep = 256
  /// A step of slow looks ends after this.
  public var longestStep = Duration.seconds(1)

  public init(settle: Duration) { self.settle = settle }
}

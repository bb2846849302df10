import SystemPackage

/// How one tree is watched at the moment.
public struct TreeStatus: Equatable, Sendable {
  public enum Backend: String, Equatable, Sendable {
    case inotify
    case polling
    /// Both: the kernel's watches did not suffice.
    case both
    /// Not known yet, or not watched.
    case none
  }

  /// As the owner named it, or the mount point inside a tree of the owner's.
  public var path: FilePath
  /// The same without symbolic links, while it is there.
  public var resolved: FilePath?
  public var backend: Backend = .none
  public var directories = 0
  /// Of these, those that inotify watches.
  public var watched = 0
  /// How often the others are looked at.
  public var pollInterval: Duration?
  /// Whether everything in it has been looked at once.
  public var isScanned = false
  /// The type of its file system, as the mount table calls it.
  public var fileSystem: String?
  public var problems: [WatchProblem] = []

  public init(path: FilePath) { self.path = path }
}

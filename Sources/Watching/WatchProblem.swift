import FileAccess
import SystemPackage

/// Why a tree is not watched as it should be, for people.
public enum WatchProblem: Equatable, Hashable, Sendable, CustomStringConvertible {
  /// The root is not there, or cannot be reached.
  case missing(Errno)
  /// What the root lay on is not mounted any more, and there is nothing in its place.
  case unmounted(FilePath)
  /// Directories that cannot be read, one of them by name.
  case unreadable(count: Int, example: FilePath, Errno)
  /// The kernel gives no more watches: so many directories are polled.
  case watchLimit(polled: Int, advisedLimit: Int)
  /// The kernel gives this user no inotify instance.
  case instanceLimit(Errno)
  /// Events were lost; everything was looked at anew.
  case overflow
  /// There are more directories than are watched.
  case tooManyDirectories(limit: Int)
  /// A directory has more entries than are looked at.
  case tooManyEntries(FilePath, limit: Int)
  /// More file systems are mounted inside the root than are watched.
  case tooManyMounts(limit: Int)
  /// A call has not come back: a server that is gone, for example.
  case hangs

  /// What kind of problem it is, without its numbers: a problem of the same kind is told once.
  public var kind: String {
    switch self {
    case .missing: "missing"
    case .unmounted: "unmounted"
    case .unreadable: "unreadable"
    case .watchLimit: "watch limit"
    case .instanceLimit: "instance limit"
    case .overflow: "overflow"
    case .tooManyDirectories: "too many directories"
    case .tooManyEntries: "too many entries"
    case .tooManyMounts: "too many mounts"
    case .hangs: "hangs"
    }
  }

  public var description: String {
    switch self {
    case .missing(.noSuchFileOrDirectory): "does not exist; it is looked for every few seconds"
    case .missing(.notDirectory): "is no directory; give the directory's path"
    case .missing(let error): "cannot be reached: \(error); it is tried again every few seconds"
    case .unmounted(let mount): "\(mount.shown) is not mounted any more; it is watched again once it is"
    case .unreadable(let count, let example, let error):
      "\(count == 1 ? "1 directory" : "\(count) directories") cannot be read, such as \(example.shown): \(error); "
        + "grant the service's user access with chmod, chgrp or setfacl"
    case .watchLimit(let polled, let advised):
      "the kernel gives no more watches, so \(polled) directories are polled; allow more with "
        + "sysctl -w fs.inotify.max_user_watches=\(advised)"
    case .instanceLimit(let error):
      "the kernel gives no inotify instance (\(error)), so everything is polled; allow more with "
        + "sysctl -w fs.inotify.max_user_instances=\(Self.advisedInstances)"
    case .overflow:
      "changes came faster than they could be read, so everything was looked at anew; allow more with "
        + "sysctl -w fs.inotify.max_queued_events=\(Self.advisedQueue)"
    case .tooManyDirectories(let limit):
      "has more than \(limit) directories; those beyond are not watched: exclude some, or watch a part of it"
    case .tooManyEntries(let path, let limit):
      "\(path.shown) has more than \(limit) entries; those beyond are not seen"
    case .tooManyMounts(let limit):
      "more than \(limit) file systems are mounted in it; those beyond are not watched: name them as roots"
    case .hangs: "does not answer: is its server, or its disk, in order?"
    }
  }

  package static let advisedInstances = 1024
  package static let advisedQueue = 131_072

  /// A power of two with room for twice as many directories as there are.
  package static func advisedWatches(for directories: Int) -> Int {
    var limit = 524_288
    while limit < 2 * directories { limit *= 2 }
    return limit
  }
}

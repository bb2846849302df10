import SystemPackage
import Vocabulary

/// Which file on which device: two paths with the same identity lead to the same directory.
public struct FileIdentity: Hashable, Sendable {
  public let device: UInt64
  public let inode: UInt64

  public init(device: UInt64, inode: UInt64) {
    self.device = device
    self.inode = inode
  }
}

/// What one look at a directory finds.
package struct DirectoryListing: Equatable, Sendable {
  package var identity: FileIdentity
  /// Subdirectories, with the inode that the directory's entry names: another one means another directory.
  package var directories: [FileName: UInt64]
  /// Stamps of the relevant files.
  package var files: [FileName: Stamp]
  /// Whether the directory has more entries than were looked at.
  package var isCut: Bool
  /// Why one of its relevant files could not be looked at.
  package var failure: Errno?
  /// The watch on this very directory, if one was asked for, or why there is none.
  package var watch: Result<WatchDescriptor, Errno>?

  package init(
    identity: FileIdentity, directories: [FileName: UInt64], files: [FileName: Stamp], isCut: Bool = false
  ) {
    self.identity = identity
    self.directories = directories
    self.files = files
    self.isCut = isCut
  }
}

/// inotify's name for a watch.
package struct WatchDescriptor: Hashable, Sendable {
  package let rawValue: Int32
  package init(rawValue: Int32) { self.rawValue = rawValue }
}

/// One event of inotify, as far as a watch cares.
package enum WatchEvent: Equatable, Sendable {
  /// An entry of the watched directory came, went, or was closed after writing.
  case entry(WatchDescriptor, FileName, isDirectory: Bool)
  /// The watched directory itself was moved or deleted, or its file system unmounted.
  case directory(WatchDescriptor)
  /// The kernel has dropped the watch.
  case dropped(WatchDescriptor)
  /// Events were lost.
  case overflow
}

/// Every system call that watching a tree makes, one for one, so that tests can put a made-up kernel in their place. All but
/// `wake` are made by one thread.
package protocol WatchCalls: Sendable {
  /// Makes the inotify instance.
  func openEvents() throws(Errno)
  func closeEvents()
  /// Watches whether the directory itself is moved or deleted.
  func addWatch(toItself path: FilePath) throws(Errno) -> WatchDescriptor
  func removeWatch(_ descriptor: WatchDescriptor)
  /// Events that wait, at most one buffer full; none: nothing waits.
  func readEvents() throws(Errno) -> [WatchEvent]

  /// The path without symbolic links.
  func resolve(_ path: FilePath) throws(Errno) -> FilePath
  /// Looks at the directory at `path`; a symbolic link is refused.
  ///
  /// - Parameters:
  ///   - watching: watches the directory for changes of its entries and of itself before it is read: what comes in between
  ///     is found or told of. One that is watched already keeps its descriptor.
  ///   - skipped: names that are not looked at: what is mounted there may hang.
  func list(
    _ path: FilePath, watching: Bool, mostEntries: Int, skipped: Set<FileName>,
    stampsOf isRelevant: (FileName) -> Bool
  ) throws(Errno) -> DirectoryListing
  /// The magic number of the file system at `path`.
  func fileSystem(of path: FilePath) throws(Errno) -> UInt

  /// Blocks until an event waits, `wake` is called, or the moment has come.
  func wait(until deadline: Moment?)
  /// Ends a `wait`, from any thread.
  func wake()
}

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

/// What is wanted to be known of a watched directory.
package enum WatchPurpose: Sendable {
  /// Changes of its entries and of itself.
  case entries
  /// Only whether it is moved or deleted.
  case itself
}

/// Every system call that watching a tree makes, one for one, so that tests can put a made-up kernel in their place. All but
/// `wake` are made by one thread.
package protocol WatchCalls: Sendable {
  /// Makes the inotify instance.
  func openEvents() throws(Errno)
  func closeEvents()
  /// A directory that is watched already keeps its descriptor. A symbolic link is refused.
  func addWatch(_ path: FilePath, for purpose: WatchPurpose) throws(Errno) -> WatchDescriptor
  func removeWatch(_ descriptor: WatchDescriptor)
  /// Events that wait, at most one buffer full; none: nothing waits.
  func readEvents() throws(Errno) -> [WatchEvent]

  /// The path without symbolic links.
  func resolve(_ path: FilePath) throws(Errno) -> FilePath
  /// Looks at the directory at `path`; a symbolic link is refused.
  func list(
    _ path: FilePath, mostEntries: Int, stampsOf isRelevant: (FileName) -> Bool
  ) throws(Errno) -> DirectoryListing
  /// The magic number of the file system at `path`.
  func fileSystem(of path: FilePath) throws(Errno) -> UInt

  /// Blocks until an event waits, `wake` is called, or the moment has come.
  func wait(until deadline: Moment?)
  /// Ends a `wait`, from any thread.
  func wake()
}

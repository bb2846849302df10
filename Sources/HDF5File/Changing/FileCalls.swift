import SystemPackage

/// The system calls by which an .h5 is changed and its journal kept, one for one: nothing else in this folder
/// touches a disk. Tests put others in their place, which fail, stop, or forget what was not synchronised.
///
/// Each may throw `Errno.interrupted`; reads and writes may do less than was asked. `FileCalls` has complete
/// forms of them.
package protocol FileCalls: AnyObject {
  func open(_ name: String, in directory: FileDescriptor, _ purpose: OpeningPurpose) throws(Errno)
    -> FileDescriptor
  func close(_ file: FileDescriptor)
  func status(of file: FileDescriptor) throws(Errno) -> FileStatus
  /// Of what the name stands for; a symbolic link is not followed.
  func status(of name: String, in directory: FileDescriptor) throws(Errno) -> FileStatus
  /// At most `count` bytes; none at the end of the file.
  func read(_ file: FileDescriptor, at offset: Int64, count: Int) throws(Errno) -> [UInt8]
  /// How many of the bytes were written.
  func write(_ file: FileDescriptor, at offset: Int64, _ bytes: ArraySlice<UInt8>) throws(Errno) -> Int
  func truncate(_ file: FileDescriptor, to length: Int64) throws(Errno)
  /// Puts a file's bytes and length on the disk, or a directory's names.
  func synchronise(_ file: FileDescriptor) throws(Errno)
  func remove(_ name: String, in directory: FileDescriptor) throws(Errno)
  func rename(_ name: String, to newName: String, in directory: FileDescriptor) throws(Errno)
  /// Gives a new file the owner, group and mode of another, as far as the process may.
  func setOwner(of file: FileDescriptor, like other: FileStatus)
  /// The lock that libhdf5 takes; throws `.wouldBlock` where another program has it.
  func lock(_ file: FileDescriptor) throws(Errno)
  func unlock(_ file: FileDescriptor)
  /// Makes whoever opens the file wait; throws `.wouldBlock` where another program has it open, and something
  /// else where the file system has no leases or this user gets none.
  func takeLease(_ file: FileDescriptor) throws(Errno)
  func giveLeaseBack(_ file: FileDescriptor)
  /// The process's limit (ulimit -f), in bytes: the kernel ends a process that writes past it.
  var largestFile: Int64 { get }
  func randomNumber() -> UInt64
  func sleep(for duration: Duration)
}

/// What a file is opened for. Never follows a symbolic link, never blocks.
package enum OpeningPurpose: Sendable {
  case reading
  case changing
  /// A new file; throws `.fileExists` where the name is taken.
  case creating
}

/// What the system says of a file.
package struct FileStatus: Equatable, Sendable {
  package enum Kind: Sendable { case regular, symbolicLink, other }

  package var kind: Kind
  package var device: UInt64
  package var inode: UInt64
  /// In bytes.
  package var length: Int64
  /// When the content last changed, in ns since 1970.
  package var modified: Int64
  /// How many names the file has.
  package var links: UInt64
  package var owner: UInt32
  package var group: UInt32
  /// Permission bits alone.
  package var mode: UInt32
  /// In a directory: only a file's owner may remove or replace it.
  package var isSticky: Bool

  package init(
    kind: Kind, device: UInt64, inode: UInt64, length: Int64, modified: Int64, links: UInt64,
    owner: UInt32, group: UInt32, mode: UInt32, isSticky: Bool
  ) {
    self.kind = kind
    self.device = device
    self.inode = inode
    self.length = length
    self.modified = modified
    self.links = links
    self.owner = owner
    self.group = group
    self.mode = mode
    self.isSticky = isSticky
  }
}

/// Repeats a call for as long as a signal interrupts it. Not for synchronising: what a failed fsync did not
/// write may be forgotten, and a second one would report success.
func retrying<Result>(_ call: () throws(Errno) -> Result) throws(Errno) -> Result {
  while true {
    do throws(Errno) {
      return try call()
    } catch {
      if error != .interrupted { throw error }
    }
  }
}

extension FileCalls {
  /// Reads until there are `count` bytes or the file ends.
  func readAll(_ file: FileDescriptor, at offset: Int64, count: Int) throws(Errno) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let more = try retrying { () throws(Errno) in
        try read(file, at: offset + Int64(bytes.count), count: count - bytes.count)
      }
      if more.isEmpty { break }
      if bytes.isEmpty { bytes = more } else { bytes += more }
    }
    return bytes
  }

  func writeAll(_ file: FileDescriptor, at offset: Int64, _ bytes: ArraySlice<UInt8>) throws(Errno) {
    var rest = bytes
    while !rest.isEmpty {
      let position = offset + Int64(bytes.count - rest.count)
      let count = try retrying { () throws(Errno) in try write(file, at: position, rest) }
      // A write that does nothing and does not fail would be repeated for ever.
      guard count > 0 else { throw .ioError }
      rest = rest.dropFirst(count)
    }
  }
}

import FileAccess
import Glibc
import SystemPackage
import Vocabulary

/// What keeps those apart who take the same lease at the same moment.
struct LeaseLocking: Sendable {
  /// Locks a file at once, or says why not.
  var lock: @Sendable (FileDescriptor) -> Errno? = { file in
    retried { flock(file.rawValue, LOCK_EX | LOCK_NB) } == 0 ? nil : Errno(rawValue: errno)
  }
  /// Waits for as long as others who write at the same moment may take, where nothing locks them out.
  var settle: @Sendable () -> Void = { usleep(300_000) }
}

/// A lease file that is open, and locked against everybody else who would change it.
struct LockedLease: ~Copyable {
  private let file: FileDescriptor
  private let directory: OpenDirectory
  private let name: String
  private let locking: LeaseLocking
  /// Some file systems give no locks: there, writing and reading back must do.
  private let isLocked: Bool

  private init(
    _ file: FileDescriptor, _ name: String, in directory: OpenDirectory, _ locking: LeaseLocking,
    isLocked: Bool
  ) {
    (self.file, self.name, self.directory) = (file, name, directory)
    (self.locking, self.isLocked) = (locking, isLocked)
  }

  /// Takes the file over, and closes it in the end.
  ///
  /// - Returns: nil where somebody else has it locked, or it is not the file of that name any more.
  static func lock(
    _ file: FileDescriptor, _ name: String, in directory: OpenDirectory, by locking: LeaseLocking = .init()
  ) throws(FileError) -> LockedLease? {
    let number = locking.lock(file)
    let lease = LockedLease(file, name, in: directory, locking, isLocked: number == nil)
    if let number {
      if number == .wouldBlock { return nil }
      guard noLocks.contains(number) else {
        throw FileError(
          path: directory.path(of: name), operation: "lock it", reason: .system(number), isWriting: true)
      }
    }
    guard try lease.isAtItsName() else { return nil }
    return lease
  }

  /// What a file system says that gives no locks.
  private static let noLocks: [Errno] = [.noLocks, .notSupported, .noFunction, .invalidArgument]

  deinit {
    // Closing alone would leave the lock to a child process that was just being started.
    if isLocked { _ = flock(file.rawValue, LOCK_UN) }
    try? file.close()
  }

  func content() throws(FileError) -> LeaseContent { try directory.leaseContent(of: file, name) }

  /// Its time is when it was last refreshed, by the clock of the file system.
  var stamp: Stamp {
    get throws(FileError) { try directory.stamp(of: file, name) }
  }

  /// Another file may have come to stand at the name.
  private func isAtItsName() throws(FileError) -> Bool {
    let (own, named) = (try directory.stamp(of: file, name), try directory.stamp(of: name))
    return own.device == named?.device && own.inode == named?.inode
  }

  /// Puts the record into the file.
  ///
  /// - Returns: whether it stands there now.
  func write(_ record: LeaseRecord) throws(FileError) -> Bool {
    do throws(Errno) {
      try file.writeWhole(record.bytes)
      try file.setLength(LeaseContent.length)
      guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
    } catch {
      throw FileError(
        path: directory.path(of: name), operation: "write it", reason: .system(error), isWriting: true)
    }
    if !isLocked { locking.settle() }
    let (found, isAtName) = (try content(), try isAtItsName())
    return found.isOf(record) && isAtName
  }

  func remove() throws(FileError) { try directory.remove(name) }
}

extension OpenDirectory {
  func leaseContent(of file: FileDescriptor, _ name: String) throws(FileError) -> LeaseContent {
    var bytes = [UInt8](repeating: 0, count: LeaseContent.longest + 1)
    var count = 0
    while count < bytes.count {
      let got = unsafe bytes.withUnsafeMutableBytes { buffer in
        retried {
          unsafe pread(file.rawValue, buffer.baseAddress! + count, buffer.count - count, off_t(count))
        }
      }
      guard got >= 0 else {
        throw FileError(
          path: path(of: name), operation: "read it", reason: .system(Errno(rawValue: errno)))
      }
      if got == 0 { break }
      count += got
    }
    return LeaseContent(Array(bytes.prefix(count)))
  }
}

extension FileDescriptor {
  fileprivate func writeWhole(_ bytes: [UInt8]) throws(Errno) {
    var count = 0
    while count < bytes.count {
      let put = unsafe bytes.withUnsafeBytes { buffer in
        retried {
          unsafe Glibc.pwrite(rawValue, buffer.baseAddress! + count, buffer.count - count, off_t(count))
        }
      }
      guard put > 0 else { throw Errno(rawValue: errno) }
      count += put
    }
  }

  fileprivate func setLength(_ length: Int) throws(Errno) {
    guard retried({ ftruncate(rawValue, off_t(length)) }) == 0 else { throw Errno(rawValue: errno) }
  }

  /// Writes a record's last byte again, which changes no record: whatever the clock of this host says, the time that the
  /// file then has is the file system's.
  func touchRecord() throws(Errno) {
    var end = UInt8(ascii: "\n")
    let put = retried { unsafe Glibc.pwrite(rawValue, &end, 1, off_t(LeaseContent.length - 1)) }
    guard put == 1, fsync(rawValue) == 0 else { throw Errno(rawValue: errno) }
  }
}

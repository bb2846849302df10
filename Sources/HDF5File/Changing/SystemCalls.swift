import CLinux
import FileSystems
import Glibc
import SystemPackage

/// Linux itself.
package final class SystemCalls: FileCalls {
  package init() {}

  package func open(
    _ name: String, in directory: FileDescriptor, _ purpose: OpeningPurpose
  ) throws(Errno) -> FileDescriptor {
    let flags =
      switch purpose {
      case .reading: O_RDONLY
      case .changing: O_RDWR
      case .creating: O_RDWR | O_CREAT | O_EXCL
      }
    let raw = unsafe openat(directory.rawValue, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o600)
    return FileDescriptor(rawValue: try checked(raw))
  }

  package func close(_ file: FileDescriptor) { _ = Glibc.close(file.rawValue) }

  package func status(of file: FileDescriptor) throws(Errno) -> FileStatus {
    var state = stat()
    try unsafe checked(fstat(file.rawValue, &state))
    return FileStatus(state)
  }

  package func status(of name: String, in directory: FileDescriptor) throws(Errno) -> FileStatus {
    var state = stat()
    try unsafe checked(fstatat(directory.rawValue, name, &state, AT_SYMLINK_NOFOLLOW))
    return FileStatus(state)
  }

  package func read(_ file: FileDescriptor, at offset: Int64, count: Int) throws(Errno) -> [UInt8] {
    var result = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
      unsafe result = pread(file.rawValue, buffer.baseAddress, count, off_t(offset))
      initialised = max(result, 0)
    }
    try checked(result)
    return bytes
  }

  package func write(
    _ file: FileDescriptor, at offset: Int64, _ bytes: ArraySlice<UInt8>
  ) throws(Errno) -> Int {
    try checked(
      unsafe bytes.withUnsafeBytes { unsafe pwrite(file.rawValue, $0.baseAddress, $0.count, off_t(offset)) })
  }

  package func truncate(_ file: FileDescriptor, to length: Int64) throws(Errno) {
    try checked(ftruncate(file.rawValue, off_t(length)))
  }

  package func synchronise(_ file: FileDescriptor) throws(Errno) {
    try checked(fsync(file.rawValue))
  }

  package func remove(_ name: String, in directory: FileDescriptor) throws(Errno) {
    try checked(unsafe unlinkat(directory.rawValue, name, 0))
  }

  package func rename(_ name: String, to newName: String, in directory: FileDescriptor) throws(Errno) {
    try checked(unsafe renameat(directory.rawValue, name, directory.rawValue, newName))
  }

  package func setOwner(of file: FileDescriptor, like other: FileStatus) {
    // Only root gives files away; a group that the process belongs to it may set. What was for the group of the other file
    // is not for another one.
    let hasGroup =
      fchown(file.rawValue, other.owner, other.group) == 0
      || fchown(file.rawValue, uid_t.max, other.group) == 0
    _ = fchmod(file.rawValue, hasGroup ? other.mode : other.mode & 0o707)
  }

  package func lock(_ file: FileDescriptor) throws(Errno) {
    try checked(flock(file.rawValue, LOCK_EX | LOCK_NB))
  }

  package func unlock(_ file: FileDescriptor) { _ = flock(file.rawValue, LOCK_UN) }

  package func takeLease(_ file: FileDescriptor) throws(Errno) {
    // Where a server gives leases away, Linux asks it for one and calls its refusal EAGAIN, as if somebody had the file
    // open.
    guard !ServedFileSystems.contain(magic: clinux_file_system(file.rawValue)) else { throw .notSupported }
    try checked(clinux_take_write_lease(file.rawValue))
  }

  package func giveLeaseBack(_ file: FileDescriptor) { _ = clinux_give_lease_back(file.rawValue) }

  package var largestFile: Int64 {
    var limit = rlimit()
    unsafe getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    return Int64(clamping: limit.rlim_cur)
  }

  package func sleep(for duration: Duration) { usleep(useconds_t(duration / .microseconds(1))) }

  package func randomNumber() -> UInt64 { .random(in: .min ... .max) }

  @discardableResult
  private func checked<Result: SignedInteger>(_ result: Result) throws(Errno) -> Result {
    guard result >= 0 else { throw Errno(rawValue: errno) }
    return result
  }
}

extension FileStatus {
  fileprivate init(_ state: stat) {
    let kind: Kind =
      switch state.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFLNK: .symbolicLink
      default: .other
      }
    self.init(
      kind: kind, device: UInt64(state.st_dev), inode: UInt64(state.st_ino), length: Int64(state.st_size),
      modified: Int64(state.st_mtim.tv_sec) * 1_000_000_000 + Int64(state.st_mtim.tv_nsec),
      links: UInt64(state.st_nlink), owner: state.st_uid, group: state.st_gid, mode: state.st_mode & 0o777,
      isSticky: state.st_mode & S_ISVTX != 0)
  }
}

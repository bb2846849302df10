import CHDF5
import CLinux
import Glibc
import SystemPackage

/// The one way in which blechd changes an .h5 that exists.
///
/// The file is locked for as long as the change takes, and the disk space that it needs is set aside before
/// the first byte is touched, so that a full disk leaves the file as it was.
public struct H5Transaction {
  private let descriptor: FileDescriptor
  private let location: Location

  /// Locks a file for a change.
  ///
  /// - Parameters:
  ///   - descriptor: the file, open for reading and writing. It stays the caller's.
  ///   - path: how errors name the file.
  ///   - body: may look at the file before it calls `change`, or not at all: then nothing is written.
  /// - Throws: `H5Error` with `.busy` where another program holds the file.
  public static func locking<Result>(
    _ descriptor: FileDescriptor, path: String, _ body: (H5Transaction) throws -> Result
  ) throws -> Result {
    let location = Location(path: path, object: nil)
    try lock(descriptor, at: location)
    defer { flock(descriptor.rawValue, LOCK_UN) }
    try checkStillThere(descriptor, at: location)
    return try body(H5Transaction(descriptor: descriptor, location: location))
  }

  /// Runs `body` on the file's root group and writes everything to the disk.
  ///
  /// - Parameters:
  ///   - growth: an upper bound on the bytes by which the file may grow.
  ///   - body: the change. It must not keep the group.
  /// - Throws: `H5Error` with `.full` where the disk has no room for `growth`; the file was not touched.
  public func change<Result>(growth: Int, _ body: (H5Group) throws -> Result) throws -> Result {
    let reserve = DiskReserve(descriptor: descriptor, location: location)
    try reserve.setAside(growth)
    defer { reserve.giveBackSurplus() }
    let file = try H5File.open(descriptor, path: location.path, access: chdf5_access_read_write)
    let result = try body(file.root)
    try file.close()
    guard fsync(descriptor.rawValue) == 0 else { throw location.systemError("write it to the disk") }
    return result
  }

  /// Between opening and locking, another file may have come to stand at the path: what would be written into
  /// the old one would be lost.
  private static func checkStillThere(_ descriptor: FileDescriptor, at location: Location) throws(H5Error) {
    var (opened, named) = (stat(), stat())
    guard unsafe fstat(descriptor.rawValue, &opened) == 0, unsafe lstat(location.path, &named) == 0,
      opened.st_dev == named.st_dev, opened.st_ino == named.st_ino
    else {
      throw location.error(.busy, "was moved or replaced by another program; try again")
    }
  }

  /// Takes the lock that libhdf5 takes for every other program: while we hold it, h5py and PyTables are
  /// refused, and while one of them has the file open, we are.
  private static func lock(_ descriptor: FileDescriptor, at location: Location) throws(H5Error) {
    while flock(descriptor.rawValue, LOCK_EX | LOCK_NB) != 0 {
      switch errno {
      case EINTR: continue
      case EWOULDBLOCK:
        throw location.error(
          .busy,
          "another program has the file open; close it there (a Python session, an HDF5 viewer) and try again"
        )
      default: throw location.systemError("lock the file")
      }
    }
  }
}

/// Disk space set aside behind the end of a file, whose length and bytes stay as they are.
private struct DiskReserve {
  let descriptor: FileDescriptor
  let location: Location

  func setAside(_ bytes: Int) throws(H5Error) {
    let length = try fileLength()
    // The kernel would end the process in the middle of a write beyond this limit.
    var limit = rlimit()
    unsafe getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    guard limit.rlim_cur == rlim_t.max || rlim_t(length) + rlim_t(bytes) <= limit.rlim_cur else {
      throw location.error(.full, "would grow beyond the process's limit for a file (ulimit -f); raise it")
    }
    while fallocate(descriptor.rawValue, clinux_fallocate_keep_size, length, off_t(bytes)) != 0 {
      switch errno {
      case EINTR: continue
      case ENOSPC, EDQUOT:
        let isQuota = errno == EDQUOT
        giveBackSurplus()
        throw location.error(
          .full,
          "the \(isQuota ? "quota" : "disk") has no room for the \(bytes >> 10) KiB that the results need; "
            + "free some space and try again")
      case EOPNOTSUPP, ENOSYS: return try checkFreeSpace(bytes)
      default: throw location.systemError("set disk space aside")
      }
    }
  }

  /// For file systems that cannot set space aside: better than nothing, as others may use it up meanwhile.
  private func checkFreeSpace(_ bytes: Int) throws(H5Error) {
    var state = statvfs()
    guard unsafe fstatvfs(descriptor.rawValue, &state) == 0 else {
      throw location.systemError("ask for free space")
    }
    guard state.f_bavail * state.f_frsize >= UInt(bytes) else {
      throw location.error(
        .full,
        "the disk has no room for the \(bytes >> 10) KiB that the results need; free some space and try again"
      )
    }
  }

  /// Frees what was set aside and not used. An error here costs disk space only.
  func giveBackSurplus() {
    guard let length = try? fileLength() else { return }
    _ = ftruncate(descriptor.rawValue, length)
  }

  private func fileLength() throws(H5Error) -> off_t {
    var state = stat()
    guard unsafe fstat(descriptor.rawValue, &state) == 0 else {
      throw location.systemError("ask for its length")
    }
    return state.st_size
  }
}

extension Location {
  /// The error of the system call that just failed.
  func systemError(_ operation: String) -> H5Error {
    let number = errno
    return error(.system(errno: number), "cannot \(operation): \(Errno(rawValue: number))")
  }
}

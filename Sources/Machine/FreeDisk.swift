import FileAccess
import Glibc
import SystemPackage

/// The room that is left on a disk.
public enum FreeDisk {
  /// What this user may still write to the file system at `path`, in bytes. It waits for a server that is away.
  public static func bytes(at path: String) throws(FileError) -> Int {
    var room = statvfs()
    guard retried({ unsafe statvfs(path, &room) }) == 0 else {
      throw FileError(
        path: path, operation: "find out how much room is left", reason: .system(Errno(rawValue: errno)))
    }
    let (bytes, overflow) = UInt64(room.f_bavail).multipliedReportingOverflow(by: UInt64(room.f_frsize))
    return overflow ? .max : Int(clamping: bytes)
  }
}

import Glibc
import SystemPackage
import Vocabulary

extension OpenDirectory {
  /// The time that the directory's file system gives to what is written now, in ns since 1970: on a share, its
  /// server's, whatever the clocks of the hosts say.
  ///
  /// A small file is made and removed for that. One that a process left when it died is removed first.
  public func serverTime(through name: String) throws(FileError) -> Int64 {
    for _ in 0..<Self.clockAttempts {
      guard let file = try createFile(name) else {
        try remove(name)
        continue
      }
      defer { try? file.close() }
      // Only what has reached the server has its time.
      let isWritten = retried { unsafe Glibc.write(file.rawValue, "t", 1) } == 1 && fsync(file.rawValue) == 0
      let error = systemError(name, "write it", isWriting: true)
      // Somebody else who asks has removed it.
      guard isWritten || error.reason != .system(.staleNFSFileHandle) else { continue }
      try remove(name)
      guard isWritten else { throw error }
      return try stamp(of: file, name).modified
    }
    errno = EBUSY
    throw systemError(name, "write it", isWriting: true)
  }

  /// How often others may get in the way.
  private static let clockAttempts = 100
}

import CHDF5
import SystemPackage

/// Tries in one directory what a change of an .h5 needs of the file system, on a small hidden file that is gone
/// afterwards.
public struct H5Probe: Equatable, Sendable {
  public enum Lock: Equatable, Sendable {
    /// While one opening holds the lock, another is refused it.
    case excludes
    /// Two openings hold it at the same time.
    case doesNotExclude
    /// The file system gives no lock at all.
    case refused(Errno)
  }

  public let lock: Lock
  /// Whether somebody who opens the file without a lock can be made to wait.
  public let hasLease: Bool
  /// Why an `H5Transaction` failed; nil: it went well.
  public let commitError: H5Error?

  /// Of libhdf5, such as `1.10.8`.
  public static var libraryVersion: String {
    var (major, minor, release): (CUnsignedInt, CUnsignedInt, CUnsignedInt) = (0, 0, 0)
    _ = Library.exclusively { unsafe H5get_libversion(&major, &minor, &release) }
    return "\(major).\(minor).\(release)"
  }

  /// - Parameters:
  ///   - directory: open, and the one at `path`.
  /// - Throws: `H5Error` where no file can be made there.
  public init(in directory: FileDescriptor, path: String) throws(H5Error) {
    try self.init(in: directory, path: path, calls: SystemCalls())
  }

  package init(in directory: FileDescriptor, path: String, calls: any FileCalls) throws(H5Error) {
    let name = ".blechd-doctor-\(calls.randomNumber()).h5"
    let place = H5Place(directory: directory, name: name, path: "\(path)/\(name)")
    defer {
      try? calls.remove(name, in: directory)
      // An undone commit has removed it already.
      try? calls.remove(place.journalName, in: directory)
    }
    try H5File.creating(at: place.path).close()
    (lock, hasLease) = try Self.tryLocks(place, calls)
    commitError = Self.commit(place, calls)
  }

  private static func tryLocks(
    _ place: H5Place, _ calls: any FileCalls
  ) throws(H5Error) -> (lock: Lock, hasLease: Bool) {
    func open() throws(H5Error) -> FileDescriptor {
      try place.location.perform("open it for writing") { () throws(Errno) in
        try calls.open(place.name, in: place.directory, .changing)
      }
    }
    let first = try open()
    defer { calls.close(first) }
    let isLeased = hasLease(first, calls)
    if let error = lockError(first, calls) { return (.refused(error), isLeased) }
    defer { calls.unlock(first) }
    let second = try open()
    defer { calls.close(second) }
    switch lockError(second, calls) {
    case nil:
      calls.unlock(second)
      return (.doesNotExclude, isLeased)
    case .wouldBlock: return (.excludes, isLeased)
    case let error?: return (.refused(error), isLeased)
    }
  }

  private static func lockError(_ file: FileDescriptor, _ calls: any FileCalls) -> Errno? {
    do throws(Errno) {
      try retrying { () throws(Errno) in try calls.lock(file) }
      return nil
    } catch {
      return error
    }
  }

  private static func hasLease(_ file: FileDescriptor, _ calls: any FileCalls) -> Bool {
    do throws(Errno) {
      try retrying { () throws(Errno) in try calls.takeLease(file) }
      calls.giveLeaseBack(file)
      return true
    } catch {
      return false
    }
  }

  private static func commit(_ place: H5Place, _ calls: any FileCalls) -> H5Error? {
    let group = "probe"
    do {
      try H5Transaction.locking(place, calls: calls) { transaction in
        _ = try transaction.change {
          _ = try $0.groupCreatingIfNeeded(group)
        } verifying: {
          guard try $0.contains(group) else {
            throw place.location.error(.missing, "does not hold what was written to it")
          }
        }
      }
      return nil
    } catch {
      return error as? H5Error ?? place.location.error(.library, "\(error)")
    }
  }
}

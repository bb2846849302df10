import Glibc
import SystemPackage
import Vocabulary

/// An open directory. Everything in it is reached by name relative to its descriptor and never through a
/// symbolic link, so that nobody can swap what lies on the way.
public final class OpenDirectory: Sendable {
  public let path: String
  /// Closed with the directory.
  public let descriptor: FileDescriptor

  init(descriptor: FileDescriptor, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { try? descriptor.close() }

  /// Opens the directory at `path`; here, and only here, symbolic links are followed: a person named it.
  public convenience init(at path: String) throws(FileError) {
    let raw = retried { unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard raw >= 0 else {
      throw FileError(path: path, operation: "open the directory", reason: .system(Errno(rawValue: errno)))
    }
    self.init(descriptor: FileDescriptor(rawValue: raw), path: path)
  }

  public func path(of name: String) -> String { path.hasSuffix("/") ? path + name : "\(path)/\(name)" }

  /// How often a file that is leased is tried to be opened, and how long to wait in between, in µs: a commit holds a lease
  /// for some milliseconds.
  private static let (leasedAttempts, leasedInterval) = (50, useconds_t(20_000))

  /// Opens the regular file `name` without following a link, and without blocking longer than a commit may take.
  public func openFile(_ name: String, forWriting: Bool = false) throws(FileError) -> FileDescriptor {
    let flags = (forWriting ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
    var raw = retried { unsafe openat(descriptor.rawValue, name, flags) }
    for _ in 0..<Self.leasedAttempts where raw < 0 && errno == EWOULDBLOCK {
      usleep(Self.leasedInterval)
      raw = retried { unsafe openat(descriptor.rawValue, name, flags) }
    }
    guard raw >= 0 else { throw systemError(name, forWriting ? "open it for writing" : "open it") }
    let file = FileDescriptor(rawValue: raw)
    var state = stat()
    guard unsafe fstat(raw, &state) == 0, state.st_mode & S_IFMT == S_IFREG else {
      try? file.close()
      throw FileError(path: path(of: name), operation: "open it", reason: .notRegular)
    }
    return file
  }

  /// The whole of a small file.
  public func read(_ name: String, limit: Int) throws(FileError) -> [UInt8] {
    let file = try openFile(name)
    defer { try? file.close() }
    var state = stat()
    guard unsafe fstat(file.rawValue, &state) == 0 else { throw systemError(name, "read it") }
    guard state.st_size <= limit else {
      throw FileError(
        path: path(of: name), operation: "read it",
        reason: .tooLarge(bytes: Int64(state.st_size), limit: limit))
    }
    var bytes = [UInt8](repeating: 0, count: Int(state.st_size))
    var count = 0
    while count < bytes.count {
      let got = unsafe bytes.withUnsafeMutableBytes { buffer in
        retried { unsafe Glibc.read(file.rawValue, buffer.baseAddress! + count, buffer.count - count) }
      }
      guard got >= 0 else { throw systemError(name, "read it") }
      if got == 0 { break }
      count += got
    }
    return Array(bytes.prefix(count))
  }

  /// The file's stamp, or nil where there is nothing of that name.
  public func stamp(of name: String) throws(FileError) -> Stamp? {
    var state = stat()
    guard unsafe fstatat(descriptor.rawValue, name, &state, AT_SYMLINK_NOFOLLOW) == 0 else {
      // No file can have a name that is too long.
      if errno == ENOENT || errno == ENAMETOOLONG { return nil }
      throw systemError(name, "look at it")
    }
    return Stamp(state)
  }

  /// Whether `name` is a regular file, and no link to one; nil where there is nothing of that name. Does not open it.
  public func isRegularFile(_ name: String) throws(FileError) -> Bool? {
    var state = stat()
    guard unsafe fstatat(descriptor.rawValue, name, &state, AT_SYMLINK_NOFOLLOW) == 0 else {
      if errno == ENOENT { return nil }
      throw systemError(name, "look at it")
    }
    return state.st_mode & S_IFMT == S_IFREG
  }

  /// The stamp of a file of this directory that is open.
  public func stamp(of file: FileDescriptor, _ name: String) throws(FileError) -> Stamp {
    var state = stat()
    guard unsafe fstat(file.rawValue, &state) == 0 else { throw systemError(name, "look at it") }
    return Stamp(state)
  }

  /// Whether both are one directory, by whatever paths they were opened.
  public func isSame(as other: OpenDirectory) throws(FileError) -> Bool {
    let (own, others) = (try stamp(of: "."), try other.stamp(of: "."))
    return own?.device == others?.device && own?.inode == others?.inode
  }

  /// Names of what is in the directory, sorted. At most `limit`: a session holds a few thousand files.
  public func entries(limit: Int = 1_000_000) throws(FileError) -> [String] {
    // fdopendir takes the descriptor over and moves its position, so it gets one of its own.
    let raw = retried { unsafe openat(descriptor.rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard raw >= 0, let stream = unsafe fdopendir(raw) else { throw systemError(".", "list the directory") }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    errno = 0
    while names.count < limit, let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
      errno = 0
    }
    // The end of the directory and an error look alike otherwise.
    guard errno == 0 else { throw systemError(".", "list the directory") }
    return names.sorted()
  }

  /// Whether this process may write the file or directory `name`; `.` is the directory itself.
  public func mayWrite(_ name: String) throws(FileError) {
    guard unsafe faccessat(descriptor.rawValue, name, W_OK, AT_EACCESS) == 0 else {
      throw systemError(name, "write to it", isWriting: true)
    }
  }

  /// Bytes that this process may still write in the directory's file system.
  public func freeBytes() throws(FileError) -> Int {
    var room = statvfs()
    guard retried({ unsafe fstatvfs(descriptor.rawValue, &room) }) == 0 else {
      throw systemError(".", "ask for the free space")
    }
    let (bytes, isTooLarge) = UInt64(room.f_bavail).multipliedReportingOverflow(by: UInt64(room.f_frsize))
    return isTooLarge ? .max : Int(clamping: bytes)
  }

  func isSymbolicLink(_ name: String) -> Bool { kind(of: name) == S_IFLNK }
  func isRegular(_ name: String) -> Bool { kind(of: name) == S_IFREG }

  private func kind(of name: String) -> mode_t? {
    var state = stat()
    guard unsafe fstatat(descriptor.rawValue, name, &state, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
    return state.st_mode & S_IFMT
  }

  func systemError(_ name: String, _ operation: String, isWriting: Bool = false) -> FileError {
    let number = Errno(rawValue: errno)
    return FileError(
      path: name == "." ? path : path(of: name), operation: operation, reason: .system(number),
      isWriting: isWriting)
  }
}

/// Repeats a system call for as long as a signal interrupts it.
package func retried<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}

extension OpenDirectory {
  /// Opens the directory at `path`; it and its parents are created where they are missing.
  ///
  /// - Parameter mode: of what is created, less the umask.
  public convenience init(creatingAt path: String, mode: mode_t = 0o777) throws(FileError) {
    var prefix = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      prefix += "/\(part)"
      guard unsafe mkdir(prefix, mode) == 0 || errno == EEXIST else {
        throw FileError(
          path: prefix, operation: "create the directory", reason: .system(Errno(rawValue: errno)),
          isWriting: true)
      }
    }
    try self.init(at: path)
  }
}

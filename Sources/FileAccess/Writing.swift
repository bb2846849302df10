import CLinux
import Glibc
import SystemPackage

extension OpenDirectory {
  /// The directory `name`, or nil if there is none.
  public func subdirectory(_ name: String) throws(FileError) -> OpenDirectory? {
    let raw = retried {
      unsafe openat(descriptor.rawValue, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    }
    guard raw >= 0 else {
      if errno == ENOENT { return nil }
      if errno == ENOTDIR, isSymbolicLink(name) { errno = ELOOP }
      throw systemError(name, "open the directory")
    }
    return OpenDirectory(descriptor: FileDescriptor(rawValue: raw), path: path(of: name))
  }

  /// The directory `name`, created if there is none: with this directory's mode, owner and group where the
  /// process may set them, so that whoever works here can work there.
  public func makeSubdirectory(_ name: String) throws(FileError) -> OpenDirectory {
    if let existing = try subdirectory(name) { return existing }
    guard unsafe mkdirat(descriptor.rawValue, name, 0o777) == 0 || errno == EEXIST else {
      throw systemError(name, "create the directory", isWriting: true)
    }
    guard let created = try subdirectory(name) else {
      throw systemError(name, "open the new directory", isWriting: true)
    }
    created.follow(self, of: created.descriptor, mask: 0o7777)
    return created
  }

  /// Writes a file as a whole: under a temporary name, to the disk, then renamed, so that a reader sees the
  /// old file or the new one and nothing in between. Owner, group and mode follow the directory.
  ///
  /// - Parameter isDurable: false for what need not outlive a power cut.
  public func write(_ name: String, _ bytes: [UInt8], isDurable: Bool = true) throws(FileError) {
    let temporary = Self.temporaryName(for: name)
    // A leftover of a process that died is removed, not opened: it may be a link, or a pipe that never opens.
    unsafe unlinkat(descriptor.rawValue, temporary, 0)
    guard let file = try createFile(temporary, for: name) else {
      errno = EEXIST
      throw systemError(name, "write it", isWriting: true)
    }
    var isComplete = false
    defer {
      try? file.close()
      if !isComplete { unsafe unlinkat(descriptor.rawValue, temporary, 0) }
    }
    var count = 0
    while count < bytes.count {
      let put = unsafe bytes.withUnsafeBytes { buffer in
        retried { unsafe Glibc.write(file.rawValue, buffer.baseAddress! + count, buffer.count - count) }
      }
      guard put > 0 else { throw systemError(name, "write it", isWriting: true) }
      count += put
    }
    try publish(file, temporary, as: name, isDurable: isDurable)
    isComplete = true
  }

  /// Makes a new, empty file of that very name and opens it for reading and writing, or gives nil where there is
  /// something of that name. Of several who try at once, one gets it.
  public func createFile(_ name: String) throws(FileError) -> FileDescriptor? {
    try createFile(name, for: name)
  }

  private func createFile(_ name: String, for shownName: String) throws(FileError) -> FileDescriptor? {
    let raw = retried {
      unsafe openat(
        descriptor.rawValue, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o666)
    }
    guard raw >= 0 else {
      if errno == EEXIST { return nil }
      throw systemError(shownName, "write it", isWriting: true)
    }
    let file = FileDescriptor(rawValue: raw)
    follow(self, of: file, mask: 0o666)
    return file
  }

  /// Makes a new file under a temporary name and gives it its own once it is whole and on the disk. A file that has got
  /// that name meanwhile stays.
  ///
  /// - Parameter make: makes the file at the path that it is handed.
  public func writeNew(_ name: String, make: (_ path: String) throws -> Void) throws {
    let temporary = Self.temporaryName(for: name)
    unsafe unlinkat(descriptor.rawValue, temporary, 0)
    defer { unsafe unlinkat(descriptor.rawValue, temporary, 0) }
    try make(path(of: temporary))
    let file = try openFile(temporary, forWriting: true)
    defer { try? file.close() }
    try publish(file, temporary, as: name, flags: clinux_rename_no_replace)
  }

  private func publish(
    _ file: FileDescriptor, _ temporary: String, as name: String, flags: UInt32 = 0, isDurable: Bool = true
  ) throws(FileError) {
    guard !isDurable || fsync(file.rawValue) == 0 else {
      throw systemError(name, "write it to the disk", isWriting: true)
    }
    var isRenamed = unsafe renameat2(descriptor.rawValue, temporary, descriptor.rawValue, name, flags) == 0
    if !isRenamed, flags == clinux_rename_no_replace {
      if errno == EEXIST { return }
      // Some file systems know no flags.
      if errno == EINVAL {
        isRenamed = unsafe renameat(descriptor.rawValue, temporary, descriptor.rawValue, name) == 0
      }
    }
    guard isRenamed else { throw systemError(name, "put it in place", isWriting: true) }
    guard !isDurable || fsync(descriptor.rawValue) == 0 else {
      throw systemError(name, "write it to the disk", isWriting: true)
    }
  }

  /// Hidden, and within the 255 bytes that a name may have.
  private static func temporaryName(for name: String) -> String {
    "." + stem(of: name) + ".\(getpid())" + temporaryEnd
  }

  private static let temporaryEnd = ".tmp"

  private static func stem(of name: String) -> Substring {
    var stem = name[...]
    while stem.utf8.count > 200 { stem.removeLast() }
    return stem
  }

  /// What processes that died have left of files that they wrote: names of regular files that are temporary ones.
  ///
  /// - Parameter isOurs: whether a file of that name is written by blechd alone. Of a long name, it is handed about the
  ///   first 200 bytes.
  public func leftovers(where isOurs: (_ name: String) -> Bool) throws(FileError) -> [String] {
    try entries().filter { name in
      Self.stem(ofTemporary: name).map(isOurs) == true && isRegular(name)
    }
  }

  /// What a temporary file was to be called, or nil where the name is not of that kind.
  private static func stem(ofTemporary name: String) -> String? {
    guard name.hasPrefix("."), name.hasSuffix(temporaryEnd) else { return nil }
    let parts = name.dropFirst().dropLast(temporaryEnd.count).split(
      separator: ".", omittingEmptySubsequences: false)
    guard parts.count > 1, let process = parts.last, !process.isEmpty,
      process.allSatisfy({ $0.isASCII && $0.isNumber })
    else { return nil }
    return parts.dropLast().joined(separator: ".")
  }

  /// Gives the file or directory `name` another name here; what had that name is replaced.
  public func rename(_ name: String, to other: String) throws(FileError) {
    guard unsafe renameat(descriptor.rawValue, name, descriptor.rawValue, other) == 0 else {
      throw systemError(name, "rename it", isWriting: true)
    }
  }

  /// Makes the file `name`, empty, if there is none, and lets nobody but its owner at it.
  public func makePrivateFile(_ name: String) throws(FileError) {
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let raw = retried { unsafe openat(descriptor.rawValue, name, flags, 0o600) }
    if raw >= 0 {
      _ = close(raw)
    } else if errno != EEXIST {
      throw systemError(name, "create it", isWriting: true)
    } else {
      // Another's stays as it is: who may not write to it will find out.
      _ = unsafe fchmodat(descriptor.rawValue, name, 0o600, 0)
    }
  }

  /// Removes the file `name`; it is no error if there is none.
  public func remove(_ name: String) throws(FileError) {
    guard unsafe unlinkat(descriptor.rawValue, name, 0) == 0 || errno == ENOENT else {
      throw systemError(name, "remove it", isWriting: true)
    }
  }

  /// Removes the empty directory `name`; it is no error if there is none.
  public func removeSubdirectory(_ name: String) throws(FileError) {
    guard unsafe unlinkat(descriptor.rawValue, name, AT_REMOVEDIR) == 0 || errno == ENOENT else {
      throw systemError(name, "remove the directory", isWriting: true)
    }
  }

  /// Gives an open file this directory's owner, group and mode, as far as the process may: a file that keeps
  /// its maker's is still a file.
  private func follow(_ directory: OpenDirectory, of file: FileDescriptor, mask: mode_t) {
    var state = stat()
    guard unsafe fstat(directory.descriptor.rawValue, &state) == 0 else { return }
    if fchown(file.rawValue, state.st_uid, state.st_gid) != 0 {
      // Only root gives files away; a group that the process belongs to it may set.
      _ = fchown(file.rawValue, uid_t.max, state.st_gid)
    }
    _ = fchmod(file.rawValue, state.st_mode & mask)
  }
}

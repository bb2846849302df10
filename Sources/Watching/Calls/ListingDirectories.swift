import CLinux
import FileAccess
import Glibc
import SystemPackage
import Vocabulary

extension LinuxCalls {
  package func list(
    _ path: FilePath, watching: Bool, mostEntries: Int, skipped: Set<FileName>,
    stampsOf isRelevant: (FileName) -> Bool
  ) throws(Errno) -> DirectoryListing {
    let descriptor = unsafe path.withPlatformString {
      unsafe open($0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
    }
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
    guard let stream = unsafe fdopendir(descriptor) else {
      let error = Errno(rawValue: errno)
      close(descriptor)
      throw error
    }
    defer { unsafe closedir(stream) }
    var state = stat()
    guard unsafe fstat(descriptor, &state) == 0 else { throw Errno(rawValue: errno) }
    var listing = DirectoryListing(
      identity: FileIdentity(device: UInt64(state.st_dev), inode: UInt64(state.st_ino)), directories: [:],
      files: [:])
    if watching { listing.watch = Result { () throws(Errno) in try addWatch(toOpen: descriptor) } }
    var count = 0
    errno = 0
    while let entry = unsafe readdir(stream) {
      count += 1
      if count > mostEntries {
        listing.isCut = true
        break
      }
      unsafe Self.add(entry, of: descriptor, to: &listing, skipped, isRelevant)
      errno = 0
    }
    // The end of the directory and an error look alike otherwise.
    guard errno == 0 || listing.isCut else { throw Errno(rawValue: errno) }
    return listing
  }

  private static func add(
    _ entry: UnsafeMutablePointer<dirent>, of directory: Int32, to listing: inout DirectoryListing,
    _ skipped: Set<FileName>, _ isRelevant: (FileName) -> Bool
  ) {
    let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
      unsafe $0.withMemoryRebound(to: UInt8.self, capacity: 256) { start in
        unsafe FileName(bytes: Array(UnsafeBufferPointer(start: start, count: strlen(start))))
      }
    }
    if name == "." || name == ".." || skipped.contains(name) { return }
    let kind = unsafe Int32(entry.pointee.d_type)
    var state: stat?
    if kind == clinux_entry_unknown || (kind != clinux_entry_directory && isRelevant(name)) {
      do throws(Errno) {
        state = try status(of: name, in: directory)
      } catch {
        // One entry that cannot be looked at must not hide the others.
        if isRelevant(name) { listing.failure = error }
        return
      }
      // It was removed while the directory was read.
      if state == nil { return }
    }
    let isDirectory = state.map { $0.st_mode & S_IFMT == S_IFDIR } ?? (kind == clinux_entry_directory)
    if isDirectory {
      listing.directories[name] = unsafe UInt64(entry.pointee.d_ino)
    } else if let state, isRelevant(name) {
      listing.files[name] = Stamp(state)
    }
  }

  private static func status(of name: FileName, in directory: Int32) throws(Errno) -> stat? {
    var state = stat()
    let terminated = name.bytes.map { CChar(bitPattern: $0) } + [0]
    if unsafe fstatat(directory, terminated, &state, AT_SYMLINK_NOFOLLOW) == 0 { return state }
    guard errno == ENOENT else { throw Errno(rawValue: errno) }
    return nil
  }
}

import FileAccess
import FoundationEssentials
import Glibc
import SystemPackage
import Vocabulary

/// The lease of one session's directory: a small file that says who works there. All of it blocks.
///
/// It is made only where there is none. One whose holder is dead is taken over in place, under a lock, and never
/// removed by whoever wants it: between two who do so, one would remove what the other has just made.
struct LeaseFile {
  static let name = ".blechd-lease"
  /// One that is not refreshed for so long belongs to nobody, where its holder cannot be asked. Ten refreshes.
  static let longestAge: Int64 = 600
  /// How often it is refreshed.
  static let refreshInterval = Duration.seconds(60)
  /// In bytes.
  private static let longestFile = 4096

  private let directory: OpenDirectory
  private let process: ThisProcess
  /// Of the leases that this process knows to have. Another one of its own has gone astray, as with a directory that was
  /// moved, and counts for nothing.
  private let nonces: Set<String>

  init(in directory: OpenDirectory, process: ThisProcess, nonces: Set<String>) {
    self.directory = directory
    self.process = process
    self.nonces = nonces
  }

  /// Takes the lease, or says who has it.
  func take(_ own: LeaseHolder) throws(Failure) {
    do {
      // Between finding it there and looking at it, it may go.
      for _ in 0..<3 {
        if try directory.create(Self.name, Self.bytes(of: own)) { return }
        if try takeOver(own) { return }
      }
    } catch let error as FileError {
      throw error.failure()
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(.internalError, directory.path, "\(error)", remedy: "please report this")
    }
    throw Failure(
      .temporary, directory.path, "its lease comes and goes; another blechd is at work on it",
      remedy: "try again")
  }

  /// Takes over what is stale.
  ///
  /// - Returns: false where there is none any more.
  /// - Throws: `Failure` that says who has it.
  private func takeOver(_ own: LeaseHolder) throws -> Bool {
    guard let file = try open() else { return false }
    defer { try? file.close() }
    // Two who find the same stale lease take turns; where a file system knows no locks, the last look decides.
    let isLocked = flock(file.rawValue, LOCK_EX | LOCK_NB) == 0
    if !isLocked, errno == EWOULDBLOCK { throw held(by: try holder(in: file)) }
    guard try isStillNamed(file) else { return false }
    let holder = try holder(in: file)
    guard try isStale(holder, file) else { throw held(by: holder) }
    try overwrite(file, with: Self.bytes(of: own))
    if !isLocked { usleep(Self.settleMicroseconds) }
    guard try isStillNamed(file), try self.holder(in: file) == own else {
      throw held(by: try self.holder(in: file))
    }
    return true
  }

  /// How long another one, where there are no locks, may take from its look to its writing.
  private static let settleMicroseconds: useconds_t = 200_000

  /// Keeps it from looking abandoned.
  ///
  /// - Returns: false where it is not ours any more.
  func refresh(_ own: LeaseHolder) throws(FileError) -> Bool {
    guard let file = try open() else { return false }
    defer { try? file.close() }
    guard try holder(in: file) == own, try isStillNamed(file) else { return false }
    _ = futimens(file.rawValue, nil)
    return true
  }

  /// Removes it if it is ours.
  func release(_ own: LeaseHolder) throws(FileError) {
    guard let file = try open() else { return }
    defer { try? file.close() }
    _ = flock(file.rawValue, LOCK_EX | LOCK_NB)
    if try holder(in: file) == own, try isStillNamed(file) { try directory.remove(Self.name) }
  }

  /// Removes the lease of a process of this machine that is dead.
  func removeStale(seenBy own: LeaseHolder) throws(FileError) {
    guard let file = try open() else { return }
    defer { try? file.close() }
    guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0, let holder = try holder(in: file),
      holder.verdict(seenBy: own, startOf: ThisProcess.start) == .stale, try isStillNamed(file)
    else { return }
    try directory.remove(Self.name)
  }

  // MARK: The file

  private func open() throws(FileError) -> FileDescriptor? {
    guard try directory.stamp(of: Self.name) != nil else { return nil }
    do throws(FileError) {
      return try directory.openFile(Self.name, forWriting: true)
    } catch {
      if case .system(.noSuchFileOrDirectory) = error.reason { return nil }
      throw error
    }
  }

  /// Nil where it says nothing that can be read: then its age alone counts.
  private func holder(in file: FileDescriptor) throws(FileError) -> LeaseHolder? {
    var bytes = [UInt8](repeating: 0, count: Self.longestFile)
    let count = unsafe bytes.withUnsafeMutableBytes { buffer in
      retried { unsafe pread(file.rawValue, buffer.baseAddress, buffer.count, 0) }
    }
    guard count >= 0 else { throw error("read it") }
    let holder = try? JSONDecoder().decode(LeaseHolder.self, from: Data(bytes.prefix(count)))
    return holder?.version == 1 ? holder : nil
  }

  private func isStillNamed(_ file: FileDescriptor) throws(FileError) -> Bool {
    var state = stat()
    guard unsafe fstat(file.rawValue, &state) == 0 else { throw error("look at it") }
    let named = try directory.stamp(of: Self.name)
    return named?.device == UInt64(state.st_dev) && named?.inode == UInt64(state.st_ino)
  }

  private func isStale(_ holder: LeaseHolder?, _ file: FileDescriptor) throws(FileError) -> Bool {
    let own = process.lease(program: "")
    switch holder?.verdict(seenBy: own, startOf: ThisProcess.start) ?? .byAge {
    case .live: return holder.map { $0.pid == own.pid && !nonces.contains($0.nonce) } ?? false
    case .stale: return true
    case .byAge:
      var state = stat()
      guard unsafe fstat(file.rawValue, &state) == 0 else { throw error("look at it") }
      return try directory.clock() - Int64(state.st_mtim.tv_sec) > Self.longestAge
    }
  }

  private func overwrite(_ file: FileDescriptor, with bytes: [UInt8]) throws(FileError) {
    let count = unsafe bytes.withUnsafeBytes { buffer in
      retried { unsafe pwrite(file.rawValue, buffer.baseAddress, buffer.count, 0) }
    }
    guard count == bytes.count, ftruncate(file.rawValue, off_t(bytes.count)) == 0, fsync(file.rawValue) == 0
    else {
      throw error("write it")
    }
  }

  private func error(_ operation: String) -> FileError {
    FileError(
      path: directory.path(of: Self.name), operation: operation, reason: .system(Errno(rawValue: errno)),
      isWriting: true)
  }

  private static func bytes(of holder: LeaseHolder) throws -> [UInt8] {
    Array(try JSONEncoder().encode(holder)) + [UInt8(ascii: "\n")]
  }

  private func held(by holder: LeaseHolder?) -> Failure {
    Failure(
      .temporary, directory.path,
      "is being worked on by \(holder?.description ?? "somebody whose lease cannot be read")",
      remedy: "wait until that has ended; if it hangs, end it there")
  }
}

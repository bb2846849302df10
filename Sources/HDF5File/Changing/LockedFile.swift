import SystemPackage

/// An .h5 that is open for writing, under the lock that libhdf5 takes for every other program: while we hold
/// it, h5py and PyTables are refused, and while one of them has the file open, we are.
struct LockedFile {
  let calls: any FileCalls
  let place: H5Place
  let descriptor: FileDescriptor
  /// As it was when the lock was taken.
  let status: FileStatus

  var location: Location { place.location }

  /// - Throws: `H5Error` with `.missing` where there is no such file, `.busy` where another program has it open,
  ///   `.unsupported` where the name stands for something else than a file.
  static func locking<Result>(
    _ place: H5Place, calls: any FileCalls, _ body: (LockedFile) throws -> Result
  ) throws -> Result {
    let location = place.location
    let descriptor = try open(place, calls, .changing)
    defer { calls.close(descriptor) }
    try lock(descriptor, calls, at: location)
    // Closing alone would leave it to a child process that was just being started.
    defer { calls.unlock(descriptor) }
    let status = try location.perform("look at it") { () throws(Errno) in try calls.status(of: descriptor) }
    let file = LockedFile(calls: calls, place: place, descriptor: descriptor, status: status)
    guard status.kind == .regular else { throw location.error(.unsupported, "is not a regular file") }
    try file.checkStillThere()
    return try body(file)
  }

  /// - Throws: `H5Error` with `.busy` where another program has the file open.
  static func checkClosedElsewhere(_ place: H5Place, _ calls: any FileCalls) throws(H5Error) {
    let descriptor = try open(place, calls, .reading)
    defer { calls.close(descriptor) }
    do throws(H5Error) {
      try lock(descriptor, calls, at: place.location)
    } catch {
      // Some file systems lock only what is open for writing.
      guard error.code == .busy else { return }
      throw error
    }
    defer { calls.unlock(descriptor) }
    if try takeLease(descriptor, calls, at: place.location) { calls.giveLeaseBack(descriptor) }
  }

  private static func open(
    _ place: H5Place, _ calls: any FileCalls, _ purpose: OpeningPurpose
  ) throws(H5Error) -> FileDescriptor {
    do throws(Errno) {
      return try retrying { () throws(Errno) in
        try calls.open(place.name, in: place.directory, purpose)
      }
    } catch {
      switch error {
      case .noSuchFileOrDirectory: throw place.location.error(.missing, "there is no such file")
      // Somebody has a lease on it, as a commit of ours does.
      case .wouldBlock: throw place.location.error(.busy, "is being changed by another program; try again")
      case .tooManySymbolicLinkLevels:
        throw place.location.error(
          .unsupported, "is a symbolic link, which is not followed; put the file itself there")
      default:
        throw place.location.systemError(error, purpose == .reading ? "open it" : "open it for writing")
      }
    }
  }

  private static func lock(
    _ descriptor: FileDescriptor, _ calls: any FileCalls, at location: Location
  ) throws(H5Error) {
    do throws(Errno) {
      try retrying { () throws(Errno) in try calls.lock(descriptor) }
    } catch {
      guard error == .wouldBlock else { throw location.systemError(error, "lock it") }
      throw location.error(
        .busy,
        "another program has the file open; close it there (a Python session, an HDF5 viewer) and try again")
    }
  }

  /// As it is now.
  func currentStatus() throws(H5Error) -> FileStatus {
    try location.perform("look at it") { () throws(Errno) in try calls.status(of: descriptor) }
  }

  /// Another file may come to stand at the name at any time: what would be written into the old one would be lost.
  func checkStillThere() throws(H5Error) {
    let named: FileStatus?
    do throws(Errno) {
      named = try retrying { () throws(Errno) in try calls.status(of: place.name, in: place.directory) }
    } catch {
      guard error == .noSuchFileOrDirectory else { throw location.systemError(error, "look at it") }
      named = nil
    }
    guard named?.device == status.device, named?.inode == status.inode else {
      throw location.error(.busy, "was moved or replaced by another program; try again")
    }
  }

  /// Runs `body` while whoever opens the file, even with locking switched off, has to wait: for some
  /// milliseconds at most. Where the file system or this user gets no such lease, the lock alone must do.
  ///
  /// - Throws: `H5Error` with `.busy` where a program that takes no lock has the file open.
  func keepingOthersOut<Result>(_ body: () throws -> Result) throws -> Result {
    let isLeased = try Self.takeLease(descriptor, calls, at: location)
    defer { if isLeased { calls.giveLeaseBack(descriptor) } }
    return try body()
  }

  /// How often a lease is tried for while others have the file open, and how long each time: many look at a file for a
  /// moment only.
  private static let (leaseAttempts, leaseInterval) = (25, Duration.milliseconds(20))

  /// Whether there is a lease now.
  private static func takeLease(
    _ descriptor: FileDescriptor, _ calls: any FileCalls, at location: Location
  ) throws(H5Error) -> Bool {
    for _ in 0..<leaseAttempts {
      do throws(Errno) {
        try retrying { () throws(Errno) in try calls.takeLease(descriptor) }
        return true
      } catch {
        guard error == .wouldBlock else { return false }
      }
      calls.sleep(for: leaseInterval)
    }
    throw location.error(
      .busy,
      "another program has the file open without HDF5's locking (a copy, a backup, a Python session); wait for it "
        + "or close it there, and try again")
  }
}

extension Location {
  /// Runs one system call, again where a signal interrupted it; its error becomes one that says where and why.
  func perform<Result>(
    _ operation: String, _ call: () throws(Errno) -> Result
  ) throws(H5Error) -> Result {
    try performOnce(operation) { () throws(Errno) in try retrying(call) }
  }

  /// The same for what must not be repeated: everything that synchronises.
  func performOnce<Result>(
    _ operation: String, _ call: () throws(Errno) -> Result
  ) throws(H5Error) -> Result {
    do throws(Errno) {
      return try call()
    } catch {
      throw systemError(error, operation)
    }
  }

  func systemError(_ errno: Errno, _ operation: String) -> H5Error {
    switch errno {
    case .noSpace: error(.full, "cannot \(operation): the disk is full; free some space and try again")
    case .diskQuotaExceeded:
      error(.full, "cannot \(operation): the disk quota is used up; free some space and try again")
    case .fileTooLarge:
      error(.full, "cannot \(operation): the file would be larger than allowed (ulimit -f); raise the limit")
    default: error(.system(errno: errno.rawValue), "cannot \(operation): \(errno)")
    }
  }
}

import FileAccess
import Glibc
import SystemPackage

/// The lease file of one directory. Every call may block for as long as the file system lets it.
struct LeaseFile: Sendable {
  let directory: OpenDirectory
  /// A lease of another host that was not refreshed for longer does not count any more.
  let staleAfter: Duration
  var locking = LeaseLocking()

  static let name = ".blechd-lease"
  /// Made for a moment, to ask the file system for its time.
  static let clockName = ".blechd-lease.clock"

  /// How often a file that others have locked is tried, and how long to wait in between, in µs: whoever takes or releases
  /// a lease has it locked for some milliseconds.
  private static let (attempts, interval) = (1000, useconds_t(5000))

  enum Taking: Equatable {
    case taken
    /// Somebody else has it.
    case held(LeaseContent)
  }

  /// Takes the lease for `record`, if nobody has it. Of several who try at once, one gets it.
  func take(_ record: LeaseRecord) throws(FileError) -> Taking {
    for _ in 0..<Self.attempts {
      if let new = try directory.createFile(Self.name) {
        if try fill(new, with: record) { return .taken }
      } else if let found = try takeExisting(for: record) {
        return found
      }
      usleep(Self.interval)
    }
    return .held(.unreadable)
  }

  /// Whether the file that was just made has become ours. Anybody may find it, and look into it, before it says whose
  /// it is; they take it for a live one, but not for ever.
  private func fill(_ new: FileDescriptor, with record: LeaseRecord) throws(FileError) -> Bool {
    defer { try? new.close() }
    let inode = try directory.stamp(of: new, Self.name).inode
    guard let lease = try lock(), try lease.stamp.inode == inode, try lease.stamp.size == 0 else {
      return false
    }
    do throws(FileError) {
      return try lease.write(record)
    } catch {
      try? lease.remove()
      throw error
    }
  }

  /// Nil: to be tried again.
  private func takeExisting(for record: LeaseRecord) throws(FileError) -> Taking? {
    let lease: LockedLease
    do throws(FileError) {
      guard let locked = try lockOnce() else { return nil }
      lease = locked
    } catch {
      guard case .system(.permissionDenied) = error.reason else { throw error }
      return try lookOnly()
    }
    let content = try lease.content()
    let standing = try standing(of: content, refreshed: lease.stamp.modified)
    guard standing != .live || content.isOf(record) else { return .held(content) }
    return try lease.write(record) ? .taken : nil
  }

  /// A lease that may not be written to can be nobody's but its holder's.
  private func lookOnly() throws(FileError) -> Taking? {
    guard let stamp = try directory.stamp(of: Self.name) else { return nil }
    let file = try directory.openFile(Self.name)
    defer { try? file.close() }
    let content = try directory.leaseContent(of: file, Self.name)
    guard standing(of: content, refreshed: stamp.modified) != .live else { return .held(content) }
    throw FileError(
      path: directory.path(of: Self.name), operation: "take over a lease that nobody holds any more",
      reason: .system(.permissionDenied), isWriting: true)
  }

  /// Nil where there is no lease, or somebody has it locked, or has just put another there.
  private func lockOnce() throws(FileError) -> LockedLease? {
    let file: FileDescriptor
    do throws(FileError) {
      file = try directory.openFile(Self.name, forWriting: true)
    } catch {
      if error.reason == .system(.noSuchFileOrDirectory) { return nil }
      throw error
    }
    return try LockedLease.lock(file, Self.name, in: directory, by: locking)
  }

  /// Nil where there is no lease.
  private func lock() throws(FileError) -> LockedLease? {
    for _ in 0..<Self.attempts {
      if let lease = try lockOnce() { return lease }
      if try directory.stamp(of: Self.name) == nil { return nil }
      usleep(Self.interval)
    }
    throw FileError(
      path: directory.path(of: Self.name), operation: "lock it", reason: .system(.resourceBusy),
      isWriting: true)
  }

  private func standing(of content: LeaseContent, refreshed: Int64) -> LeaseStanding {
    let here = ProcessIdentity.own()
    var (state, age): (ProcessState, Duration?) = (.ended, nil)
    switch content.place(from: here) {
    case .sameSystem: if case .record(let record) = content { state = ProcessState(of: record.process.pid) }
    case .earlierBoot: break
    case .elsewhere:
      age = (try? directory.serverTime(through: Self.clockName)).map { .nanoseconds($0 - refreshed) }
    }
    return content.standing(from: here, process: state, age: age, limit: staleAfter)
  }
}

extension LeaseFile {
  enum Refreshing: Equatable {
    case ours
    /// It was taken over meanwhile.
    case lost(LeaseContent)
  }

  /// How often a lease that cannot be read is read again, as somebody may just be writing it.
  private static let readings = 3

  /// Shows that the holder is alive. A lease that somebody has removed by hand is taken again, if nobody else has it.
  func refresh(_ record: LeaseRecord) throws(FileError) -> Refreshing {
    let file: FileDescriptor
    do throws(FileError) {
      file = try directory.openFile(Self.name, forWriting: true)
    } catch {
      guard error.reason == .system(.noSuchFileOrDirectory) else { throw error }
      switch try take(record) {
      case .taken: return .ours
      case .held(let content): return .lost(content)
      }
    }
    defer { try? file.close() }
    var content = LeaseContent.unreadable
    for _ in 0..<Self.readings where content == .unreadable {
      content = try directory.leaseContent(of: file, Self.name)
      if content == .unreadable { usleep(Self.interval) }
    }
    guard content.isOf(record) else { return .lost(content) }
    do throws(Errno) {
      try file.touchRecord()
    } catch {
      throw FileError(
        path: directory.path(of: Self.name), operation: "refresh it", reason: .system(error), isWriting: true)
    }
    return .ours
  }

  /// Removes the lease if it is still that one.
  func release(_ record: LeaseRecord) throws(FileError) {
    guard let lease = try lock(), try lease.content().isOf(record) else { return }
    try lease.remove()
  }

  /// Removes the lease if the process that held it was one of this host and has ended.
  func removeOfEndedProcess() throws(FileError) {
    guard let lease = try lock() else { return }
    switch try standing(of: lease.content(), refreshed: lease.stamp.modified) {
    case .stale(.processEnded), .stale(.hostRestarted): try lease.remove()
    case .live, .stale(.silent): break
    }
  }
}

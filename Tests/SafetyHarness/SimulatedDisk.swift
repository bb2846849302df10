import HDF5File
import SystemPackage

/// A disk that does what tests ask of it: stops the process at any call, fails, writes half, forgets.
package final class SimulatedDisk: FileCalls {
  /// What happens at a call.
  package enum Event: Sendable {
    /// The process is gone before the call has any effect, or after a write's first bytes had theirs. Every later
    /// call does nothing.
    case stop(afterBytes: Int)
    /// The call fails and has no effect.
    case fail(Errno)
    /// A read or write does no more than this.
    case shorten(to: Int)
  }

  package enum Call: Equatable, Sendable {
    case read
    /// Of so many bytes at an offset, to the file of this name.
    case write(String, offset: Int64, count: Int)
    case synchronise(String)
    case other(String)
  }

  package private(set) var state: DiskState
  /// Every call so far.
  package private(set) var calls: [Call] = []
  package var events: [Int: Event] = [:]
  /// By its number among all of them: the synchronising call that reports success and does nothing.
  package var forgottenSynchronisation: Int?
  /// Bytes that the disk has room for beyond what it holds; nil for plenty.
  package var room: Int?
  package var largestFile = Int64.max
  /// Called before each call with the disk as it then is.
  package var observe: ((DiskState) -> Void)?
  package private(set) var isStopped = false

  /// The one directory.
  package static let directory = FileDescriptor(rawValue: 1_000_000)
  private static let gone = Errno(rawValue: 9999)
  private var open: [FileDescriptor: UInt64] = [:]
  private var nextDescriptor: CInt = 1_000_001
  private var synchronisations = 0
  private var time: Int64 = 1

  package init(_ state: DiskState) { self.state = state }

  package static func place(_ name: String) -> H5Place {
    H5Place(directory: directory, name: name, path: "/simulated/\(name)")
  }

  // MARK: Other programs

  /// Puts a new file in a file's place, as `mv` does.
  package func replace(_ name: String, by bytes: [UInt8]) {
    let inode = state.files.keys.max()! + 1
    state.files[inode] = DiskState.File(inode: inode, bytes: bytes, durable: bytes)
    state.names[name] = inode
  }

  /// Writes into a file, as `cp` does.
  package func rewrite(_ name: String, _ bytes: [UInt8]) {
    let inode = state.names[name]!
    state.files[inode]!.bytes = bytes
    touch(inode)
  }

  /// Gives a file more names, as `ln` does.
  package func link(_ name: String, names: UInt64) { state.files[state.names[name]!]!.links = names }

  package func delete(_ name: String) { state.names[name] = nil }

  // MARK: -

  /// Notes the call and does what is planned for it; the number of bytes that it may write or read.
  private func begin(_ call: Call, count: Int = .max) throws(Errno) -> Int {
    if isStopped { throw Self.gone }
    observe?(state)
    calls.append(call)
    switch events[calls.count - 1] {
    case nil: return count
    case .fail(let errno): throw errno
    case .shorten(let length): return min(max(length, 1), count)
    case .stop(let bytes):
      isStopped = true
      // A write still has its first bytes to do.
      if case .write = call, bytes > 0 { return min(bytes, count) }
      throw Self.gone
    }
  }

  private func name(of file: FileDescriptor) -> String {
    if file == Self.directory { return "directory" }
    return state.names.first { $0.value == open[file] }?.key ?? "removed file"
  }

  // MARK: FileCalls

  package func open(
    _ name: String, in directory: FileDescriptor, _ purpose: OpeningPurpose
  ) throws(Errno) -> FileDescriptor {
    _ = try begin(.other("open"))
    switch purpose {
    case .creating:
      guard state.names[name] == nil else { throw .fileExists }
      let inode = (state.files.keys.max() ?? 10) + 1
      state.files[inode] = DiskState.File(inode: inode, bytes: [], durable: [])
      state.names[name] = inode
      state.pendingNames.append((name, inode))
    case .reading, .changing:
      guard state.names[name] != nil else { throw .noSuchFileOrDirectory }
    }
    let descriptor = FileDescriptor(rawValue: nextDescriptor)
    nextDescriptor += 1
    open[descriptor] = state.names[name]!
    return descriptor
  }

  package func close(_ file: FileDescriptor) { open[file] = nil }

  package func status(of file: FileDescriptor) throws(Errno) -> FileStatus {
    _ = try begin(.other("status"))
    if file == Self.directory {
      return FileStatus(
        kind: .other, device: 1, inode: 2, length: 0, modified: 0, links: 2, owner: 0, group: 0, mode: 0o755,
        isSticky: false)
    }
    return status(ofInode: open[file]!)
  }

  package func status(of name: String, in directory: FileDescriptor) throws(Errno) -> FileStatus {
    _ = try begin(.other("status"))
    guard let inode = state.names[name] else { throw .noSuchFileOrDirectory }
    return status(ofInode: inode)
  }

  private func status(ofInode inode: UInt64) -> FileStatus {
    let file = state.files[inode]!
    return FileStatus(
      kind: .regular, device: 1, inode: inode, length: Int64(file.bytes.count), modified: file.modified,
      links: file.links, owner: file.owner, group: file.group, mode: file.mode, isSticky: false)
  }

  package func read(_ file: FileDescriptor, at offset: Int64, count: Int) throws(Errno) -> [UInt8] {
    let count = try begin(.read, count: count)
    let bytes = state.files[open[file]!]!.bytes
    return Array(bytes.dropFirst(Int(offset)).prefix(count))
  }

  package func write(
    _ file: FileDescriptor, at offset: Int64, _ bytes: ArraySlice<UInt8>
  ) throws(Errno) -> Int {
    let count = try begin(.write(name(of: file), offset: offset, count: bytes.count), count: bytes.count)
    let inode = open[file]!
    let end = Int(offset) + count
    let growth = max(end - state.files[inode]!.bytes.count, 0)
    try takeRoom(growth)
    if growth > 0 { setLength(end, of: inode) }
    state.files[inode]!.bytes.replaceSubrange(Int(offset)..<end, with: bytes.prefix(count))
    state.files[inode]!.pending.append(.bytes(Array(bytes.prefix(count)), at: Int(offset)))
    touch(inode)
    if isStopped { throw Self.gone }
    return count
  }

  package func truncate(_ file: FileDescriptor, to length: Int64) throws(Errno) {
    _ = try begin(.other("truncate"))
    let inode = open[file]!
    let change = Int(length) - state.files[inode]!.bytes.count
    if change == 0 { return }
    if change < 0, room != nil { room! -= change }
    setLength(Int(length), of: inode)
    touch(inode)
  }

  package func synchronise(_ file: FileDescriptor) throws(Errno) {
    do throws(Errno) {
      _ = try begin(.synchronise(name(of: file)))
    } catch {
      // As on Linux: what could not be written counts as written from now on, and is not tried again.
      if !isStopped, file != Self.directory { state.files[open[file]!]!.forgetUnwrittenBytes() }
      throw error
    }
    synchronisations += 1
    if synchronisations - 1 == forgottenSynchronisation { return }
    if file == Self.directory {
      state.durableNames = state.names
      state.pendingNames = []
    } else {
      let inode = open[file]!
      state.files[inode]!.writePending()
    }
  }

  package func remove(_ name: String, in directory: FileDescriptor) throws(Errno) {
    _ = try begin(.other("remove"))
    guard let inode = state.names.removeValue(forKey: name) else { throw .noSuchFileOrDirectory }
    if room != nil { room! += state.files[inode]!.bytes.count }
    state.pendingNames.append((name, nil))
  }

  package func rename(_ name: String, to newName: String, in directory: FileDescriptor) throws(Errno) {
    _ = try begin(.other("rename"))
    guard let inode = state.names.removeValue(forKey: name) else { throw .noSuchFileOrDirectory }
    state.names[newName] = inode
    state.pendingNames += [(name, nil), (newName, inode)]
  }

  package func setOwner(of file: FileDescriptor, like other: FileStatus) {
    guard !isStopped else { return }
    state.files[open[file]!]!.owner = other.owner
    state.files[open[file]!]!.group = other.group
    state.files[open[file]!]!.mode = other.mode
  }

  package func lock(_ file: FileDescriptor) throws(Errno) { _ = try begin(.other("lock")) }

  package func unlock(_ file: FileDescriptor) {}

  package func takeLease(_ file: FileDescriptor) throws(Errno) { _ = try begin(.other("lease")) }

  package func giveLeaseBack(_ file: FileDescriptor) {}

  package func sleep(for duration: Duration) {}

  package func randomNumber() -> UInt64 { 0x9E37_79B9_7F4A_7C15 }

  // MARK: -

  private func takeRoom(_ bytes: Int) throws(Errno) {
    guard let left = room else { return }
    guard bytes <= left else { throw .noSpace }
    room = left - bytes
  }

  private func setLength(_ length: Int, of inode: UInt64) {
    let bytes = state.files[inode]!.bytes
    state.files[inode]!.bytes =
      length < bytes.count
      ? Array(bytes.prefix(length)) : bytes + [UInt8](repeating: 0, count: length - bytes.count)
    state.files[inode]!.pending.append(.length(length))
  }

  private func touch(_ inode: UInt64) {
    time += 1
    state.files[inode]!.modified = time
  }
}

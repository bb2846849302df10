import SystemPackage
import Vocabulary
import Watching

/// A made-up file system with inotify, in memory, whose calls fail and whose events come late as a test wants it.
///
/// Not for more than one thread.
final class FakeKernel: WatchCalls, @unchecked Sendable {
  private struct Inode {
    var entries: [FileName: UInt64]?
    var device: UInt64 = 1
    var size: Int64 = 0
    var modified: Int64 = 0
    var isReadable = true
  }

  private var inodes: [UInt64: Inode] = [1: Inode(entries: [:])]
  private var nextInode: UInt64 = 2
  /// The clock that stamps files.
  var ticks: Int64 = 0
  private var links: [FilePath: FilePath] = [:]

  private var isOpen = false
  private var watches: [WatchDescriptor: (inode: UInt64, seesEntries: Bool)] = [:]
  private var descriptors: [UInt64: WatchDescriptor] = [:]
  private var nextDescriptor: Int32 = 1
  private var events: [WatchEvent] = []
  private(set) var looks = 0
  private(set) var instances = 0

  // What a test may set.
  var watchLimit = Int.max
  var instanceError: Errno?
  var queueLimit = 16_384
  /// So many of the next calls are interrupted by a signal.
  var interruptions = 0
  /// Events are not delivered while this is set.
  var holdsEvents = false
  var magic: UInt = 0xEF53
  /// Directories can be opened, and not read.
  var failsReading = false
  /// Fails whatever looks at these.
  var failing: [FilePath: Errno] = [:]
  /// Runs after a directory is watched and before it is read: the world goes on meanwhile.
  var beforeReading: ((FilePath) -> Void)?
  /// How long each look takes, and what lets the time pass.
  var lookDuration: Double?
  var passTime: (Double) -> Void = { _ in }

  /// Whether a wait would end at once.
  var hasEvents: Bool { !events.isEmpty && !holdsEvents }

  // MARK: What people do

  func makeDirectory(_ path: FilePath) {
    var current = FilePath("/")
    for component in path.components {
      let next = current.appending(component)
      if inode(at: next) == nil {
        let number = new(Inode(entries: [:]))
        link(number, at: next)
      }
      current = next
    }
  }

  /// Writes a file and closes it.
  func write(_ path: FilePath) {
    if inode(at: path) == nil { link(new(Inode()), at: path) }
    modify(path)
    tell(inode: parent(of: path)!, .entry(name(path), isDirectory: false))
  }

  /// Writes a file that stays open: no event tells of it.
  func modify(_ path: FilePath) {
    ticks += 1
    let number = inode(at: path)!
    inodes[number]!.size += 1
    inodes[number]!.modified = ticks
  }

  /// Opens a file for writing and closes it without having written.
  func touch(_ path: FilePath) {
    tell(inode: parent(of: path)!, .entry(name(path), isDirectory: false))
  }

  func move(_ path: FilePath, to target: FilePath) {
    let number = inode(at: path)!
    if let old = inode(at: target) { unlink(old, at: target) }
    let isDirectory = inodes[number]!.entries != nil
    inodes[parent(of: path)!]!.entries![name(path)] = nil
    inodes[parent(of: target)!]!.entries![name(target)] = number
    tell(inode: parent(of: path)!, .entry(name(path), isDirectory: isDirectory))
    tell(inode: parent(of: target)!, .entry(name(target), isDirectory: isDirectory))
    tell(inode: number, .itself)
  }

  func remove(_ path: FilePath) {
    let number = inode(at: path)!
    for child in inodes[number]!.entries?.keys.sorted() ?? [] { remove(path.appending(child.text!)) }
    unlink(number, at: path)
  }

  func setReadable(_ isReadable: Bool, _ path: FilePath) { inodes[inode(at: path)!]!.isReadable = isReadable }

  func makeLink(_ path: FilePath, to target: FilePath) { links[path] = target }

  /// Puts another directory with links to the same files in the place of one.
  func replace(_ path: FilePath) {
    let copy = new(inodes[inode(at: path)!]!)
    unlink(inode(at: path)!, at: path)
    link(copy, at: path)
  }

  /// Mounts a directory at a second place, where there is none yet.
  func bind(_ path: FilePath, at place: FilePath) { link(inode(at: path)!, at: place) }

  func loseEvents() { events.append(.overflow) }

  func exists(_ path: FilePath) -> Bool { inode(at: path) != nil }

  func isFree(_ path: FilePath) -> Bool {
    inode(at: path) == nil && parent(of: path).flatMap { inodes[$0]?.entries } != nil
  }

  /// Names of the directories that are not hidden, sorted.
  func directories(in path: FilePath) -> [String] {
    let entries = inode(at: path).flatMap { inodes[$0]?.entries } ?? [:]
    return entries.filter { inodes[$0.value]?.entries != nil && !$0.key.isHidden }.map { $0.key.text! }
      .sorted()
  }

  // MARK: Inodes

  /// Built without `FilePath.components`, which takes a hundred times as long where it is not optimised.
  private func names(_ path: FilePath) -> [FileName] {
    path.string.utf8.split(separator: UInt8(ascii: "/")).map { FileName(bytes: Array($0)) }
  }

  private func name(_ path: FilePath) -> FileName { names(path).last! }

  private func inode(at path: FilePath) -> UInt64? { inode(names(path)) }

  private func parent(of path: FilePath) -> UInt64? { inode(names(path).dropLast()) }

  private func inode(_ names: some Sequence<FileName>) -> UInt64? {
    var number: UInt64? = 1
    for name in names { number = number.flatMap { inodes[$0]?.entries?[name] } }
    return number
  }

  private func new(_ inode: Inode) -> UInt64 {
    defer { nextInode += 1 }
    inodes[nextInode] = inode
    return nextInode
  }

  private func link(_ number: UInt64, at path: FilePath) {
    let parent = parent(of: path)!
    inodes[parent]!.entries![name(path)] = number
    tell(inode: parent, .entry(name(path), isDirectory: inodes[number]!.entries != nil))
  }

  private func unlink(_ number: UInt64, at path: FilePath) {
    let isDirectory = inodes[number]!.entries != nil
    tell(inode: number, .itself)
    if let descriptor = descriptors[number] { removeWatch(descriptor) }
    let parent = parent(of: path)!
    inodes[parent]!.entries![name(path)] = nil
    inodes[number] = nil
    tell(inode: parent, .entry(name(path), isDirectory: isDirectory))
  }

  // MARK: Events

  private enum Told {
    case entry(FileName, isDirectory: Bool)
    case itself
  }

  private func tell(inode number: UInt64, _ what: Told) {
    guard let descriptor = descriptors[number] else { return }
    switch what {
    case .itself: queue(.directory(descriptor))
    case .entry(let name, let isDirectory):
      if watches[descriptor]?.seesEntries == true {
        queue(.entry(descriptor, name, isDirectory: isDirectory))
      }
    }
  }

  private func queue(_ event: WatchEvent) {
    if events.count < queueLimit {
      events.append(event)
    } else if events.last != .overflow {
      events.append(.overflow)
    }
  }

  // MARK: WatchCalls

  private func interrupt() throws(Errno) {
    guard interruptions > 0 else { return }
    interruptions -= 1
    throw .interrupted
  }

  func openEvents() throws(Errno) {
    try interrupt()
    if let instanceError { throw instanceError }
    isOpen = true
    instances += 1
  }

  func closeEvents() {
    isOpen = false
    (watches, descriptors, events) = ([:], [:], [])
  }

  func addWatch(toItself path: FilePath) throws(Errno) -> WatchDescriptor {
    try interrupt()
    guard let number = inode(at: path) else { throw .noSuchFileOrDirectory }
    return try watch(number, seesEntries: false)
  }

  private func watch(_ number: UInt64, seesEntries: Bool) throws(Errno) -> WatchDescriptor {
    guard isOpen else { throw .badFileDescriptor }
    if let known = descriptors[number] {
      watches[known]!.seesEntries = seesEntries
      return known
    }
    guard watches.count < watchLimit else { throw .noSpace }
    let descriptor = WatchDescriptor(rawValue: nextDescriptor)
    nextDescriptor += 1
    watches[descriptor] = (number, seesEntries)
    descriptors[number] = descriptor
    return descriptor
  }

  func removeWatch(_ descriptor: WatchDescriptor) {
    guard let watch = watches.removeValue(forKey: descriptor) else { return }
    descriptors[watch.inode] = nil
    queue(.dropped(descriptor))
  }

  func readEvents() throws(Errno) -> [WatchEvent] {
    try interrupt()
    guard !holdsEvents else { return [] }
    defer { events.removeFirst(min(events.count, 100)) }
    return Array(events.prefix(100))
  }

  func resolve(_ path: FilePath) throws(Errno) -> FilePath {
    try interrupt()
    let resolved = links[path] ?? path
    if let error = failing[resolved] { throw error }
    guard inode(at: resolved) != nil else { throw .noSuchFileOrDirectory }
    return resolved
  }

  func list(
    _ path: FilePath, watching: Bool, mostEntries: Int, skipped: Set<FileName>,
    stampsOf isRelevant: (FileName) -> Bool
  ) throws(Errno) -> DirectoryListing {
    try interrupt()
    looks += 1
    if let error = failing[path] { throw error }
    guard let number = inode(at: path) else { throw .noSuchFileOrDirectory }
    guard inodes[number]!.entries != nil else { throw .notDirectory }
    guard inodes[number]!.isReadable else { throw .permissionDenied }
    var listing = DirectoryListing(
      identity: FileIdentity(device: inodes[number]!.device, inode: number), directories: [:], files: [:])
    if watching { listing.watch = Result { () throws(Errno) in try watch(number, seesEntries: true) } }
    if failsReading, mostEntries > 0 { throw .ioError }
    beforeReading?(path)
    lookDuration.map(passTime)
    let entries = inodes[number]?.entries ?? [:]
    for (name, child) in entries.sorted(by: { $0.key < $1.key }).prefix(mostEntries)
    where !skipped.contains(name) {
      let inode = inodes[child]!
      if inode.entries != nil {
        listing.directories[name] = child
      } else if isRelevant(name) {
        guard inode.isReadable else {
          listing.failure = .ioError
          continue
        }
        listing.files[name] = Stamp(
          device: inode.device, inode: child, size: inode.size, modified: inode.modified,
          changed: inode.modified)
      }
    }
    listing.isCut = entries.count > mostEntries
    return listing
  }

  func fileSystem(of path: FilePath) throws(Errno) -> UInt { magic }

  func wait(until deadline: Moment?) {}
  func wake() {}
}

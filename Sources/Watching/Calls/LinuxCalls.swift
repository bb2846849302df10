import CLinux
import Glibc
import Synchronization
import SystemPackage
import Threads
import Vocabulary

/// The real system calls of one tree.
package final class LinuxCalls: WatchCalls {
  /// inotify's, or -1. Read by the tree's thread alone.
  private let events = Atomic<Int32>(-1)
  private let waker: WakeUp

  /// Room for events in one read, in bytes: some two thousand.
  private static let bufferBytes = 64 << 10

  package init() throws(Errno) { waker = try WakeUp() }

  deinit { closeEvents() }

  package func openEvents() throws(Errno) {
    let descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
    events.store(descriptor, ordering: .relaxed)
  }

  package func closeEvents() {
    let descriptor = events.exchange(-1, ordering: .relaxed)
    if descriptor >= 0 { close(descriptor) }
  }

  private static let itself = UInt32(IN_DELETE_SELF | IN_MOVE_SELF) | UInt32(IN_ONLYDIR)
  private static let entries = UInt32(IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)

  package func addWatch(toItself path: FilePath) throws(Errno) -> WatchDescriptor {
    try addWatch(path, Self.itself | UInt32(IN_DONT_FOLLOW))
  }

  /// Watches the directory that `descriptor` has open, and none that has taken its path meanwhile.
  func addWatch(toOpen descriptor: Int32) throws(Errno) -> WatchDescriptor {
    try addWatch(FilePath("/proc/self/fd/\(descriptor)"), Self.itself | Self.entries)
  }

  private func addWatch(_ path: FilePath, _ mask: UInt32) throws(Errno) -> WatchDescriptor {
    let raw = unsafe path.withPlatformString {
      unsafe inotify_add_watch(events.load(ordering: .relaxed), $0, mask)
    }
    guard raw >= 0 else { throw Errno(rawValue: errno) }
    return WatchDescriptor(rawValue: raw)
  }

  package func removeWatch(_ descriptor: WatchDescriptor) {
    // It may have gone with its directory.
    _ = inotify_rm_watch(events.load(ordering: .relaxed), descriptor.rawValue)
  }

  package func readEvents() throws(Errno) -> [WatchEvent] {
    let descriptor = events.load(ordering: .relaxed)
    guard descriptor >= 0 else { return [] }
    return try unsafe withUnsafeTemporaryAllocation(byteCount: Self.bufferBytes, alignment: 8) {
      buffer throws(Errno) in
      let count = unsafe read(descriptor, buffer.baseAddress!, buffer.count)
      if count < 0 {
        if errno == EAGAIN { return [] }
        throw Errno(rawValue: errno)
      }
      return unsafe Self.events(in: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }

  private static func events(in buffer: UnsafeRawBufferPointer) -> [WatchEvent] {
    var found: [WatchEvent] = []
    var offset = 0
    let headerBytes = MemoryLayout<inotify_event>.size
    while offset + headerBytes <= buffer.count {
      let header = unsafe buffer.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
      let nameStart = offset + headerBytes
      let name = unsafe buffer[nameStart..<min(nameStart + Int(header.len), buffer.count)]
      // The name is padded with NUL.
      let bytes = unsafe Array(name.prefix { $0 != 0 })
      if let event = event(header, FileName(bytes: bytes)) { found.append(event) }
      offset = nameStart + Int(header.len)
    }
    return found
  }

  private static func event(_ header: inotify_event, _ name: FileName) -> WatchEvent? {
    func has(_ flags: Int) -> Bool { header.mask & UInt32(flags) != 0 }
    let descriptor = WatchDescriptor(rawValue: header.wd)
    if has(Int(IN_Q_OVERFLOW)) { return .overflow }
    if has(Int(IN_IGNORED)) { return .dropped(descriptor) }
    if has(Int(IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)) { return .directory(descriptor) }
    return .entry(descriptor, name, isDirectory: header.mask & UInt32(IN_ISDIR) != 0)
  }

  package func resolve(_ path: FilePath) throws(Errno) -> FilePath {
    let resolved = unsafe path.withPlatformString { unsafe realpath($0, nil) }
    guard let resolved = unsafe resolved else { throw Errno(rawValue: errno) }
    defer { unsafe free(resolved) }
    return unsafe FilePath(platformString: resolved)
  }

  package func fileSystem(of path: FilePath) throws(Errno) -> UInt {
    let descriptor = unsafe path.withPlatformString { unsafe open($0, clinux_open_path | O_CLOEXEC) }
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
    defer { close(descriptor) }
    return UInt(clinux_file_system(descriptor))
  }

  package func wait(until deadline: Moment?) {
    var descriptors = [
      pollfd(fd: events.load(ordering: .relaxed), events: Int16(POLLIN), revents: 0),
      pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    // A signal ends the wait as well; whoever waits looks what is to be done.
    poll(&descriptors, until: deadline.map { .now + ($0 - .now) })
    waker.reset()
  }

  package func wake() { waker.signal() }
}

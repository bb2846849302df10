import Glibc
import SystemPackage
import Threads

/// Tells when something is mounted or unmounted (man 5 proc: mountinfo can be polled).
final class MountMonitor: Sendable {
  private let descriptor: Int32

  private static let path = "/proc/self/mountinfo"
  /// Largest table that is read, in bytes: some ten thousand mounts.
  private static let mostBytes = 4 << 20

  init() throws(Errno) {
    descriptor = unsafe open(Self.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
  }

  deinit { close(descriptor) }

  /// The table as it is now.
  func read() -> MountTable {
    var bytes: [UInt8] = []
    guard lseek(descriptor, 0, SEEK_SET) == 0 else { return MountTable() }
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while bytes.count < Self.mostBytes {
      let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += buffer[..<count]
    }
    return MountTable(mountInfo: bytes)
  }

  /// Blocks until the table has changed, or `waker` is signalled.
  func wait(_ waker: WakeUp) {
    var descriptors = [
      pollfd(fd: descriptor, events: Int16(POLLPRI), revents: 0),
      pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    poll(&descriptors, until: nil)
  }
}

import CLinux
import FileAccess
import Glibc
import SystemPackage

/// Wakes a thread that polls `descriptor`, from any other.
package final class WakeUp: Sendable {
  package let descriptor: Int32

  package init() throws(Errno) {
    descriptor = clinux_wake_descriptor()
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
  }

  deinit { _ = close(descriptor) }

  /// Also wakes whoever polls later.
  package func signal() {
    var one: UInt64 = 1
    // A counter that is full wakes as well.
    _ = retried { unsafe write(descriptor, &one, MemoryLayout.size(ofValue: one)) }
  }

  /// What was signalled so far wakes no more.
  package func reset() {
    var count: UInt64 = 0
    _ = retried { unsafe read(descriptor, &count, MemoryLayout.size(ofValue: count)) }
  }
}

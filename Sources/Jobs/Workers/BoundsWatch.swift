import Glibc
import Synchronization

/// Watches over one worker, and remembers how it went beyond its bounds.
final class BoundsWatch: Sendable {
  private let bounds: WorkerBounds
  private let found = Mutex<Breach?>(nil)

  /// How often memory is looked at.
  private static let interval = Duration.milliseconds(200)

  init(_ bounds: WorkerBounds) { self.bounds = bounds }

  var breach: Breach? { found.withLock { $0 } }

  /// Waits until the process breaks a bound; whether it did before this task was cancelled.
  func waitForBreach(by process: pid_t) async -> Bool {
    let clock = SuspendingClock()
    let end = clock.now + bounds.wallTime
    while !Task.isCancelled {
      let breach: Breach? =
        if clock.now >= end { .wallTime(bounds.wallTime) } else { memoryBreach(by: process) }
      if let breach {
        found.withLock { $0 = breach }
        return true
      }
      try? await clock.sleep(until: min(clock.now + Self.interval, end))
    }
    return false
  }

  private func memoryBreach(by process: pid_t) -> Breach? {
    guard let bytes = ProcessMemory.resident(of: process), bytes > bounds.memory else { return nil }
    return .memory(bytes, bound: bounds.memory)
  }
}

enum ProcessMemory {
  /// Resident memory in bytes, or nil where the process is gone. The file is the kernel's: reading it waits for
  /// nothing.
  static func resident(of process: pid_t) -> Int? {
    let file = open("/proc/\(process)/statm", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var text = [UInt8](repeating: 0, count: 128)
    let count = read(file, &text, text.count)
    guard count > 0 else { return nil }
    // Pages: the whole size, then what is resident of it.
    let fields = String(decoding: text.prefix(count), as: UTF8.self).split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
    return pages * sysconf(Int32(_SC_PAGESIZE))
  }
}

import FoundationEssentials
import Machine
import Scheduling
import Synchronization
import Threads
import Vocabulary

/// What the machine is like at this moment.
final class MachineReadings: Sendable {
  private struct FreeDisk {
    /// Of the last look that came back.
    var bytes: Int?
    var isLooking = false
  }

  private let look: @Sendable () -> Int?
  private let longestLook: Duration
  private let freeDisk = Mutex(FreeDisk())

  /// - Parameters:
  ///   - look: how much room there is where results wait for their commit, in bytes, or nil. It may hang.
  ///   - longestLook: how long it is waited for.
  init(longestLook: Duration = .seconds(5), look: @escaping @Sendable () -> Int?) {
    self.longestLook = longestLook
    self.look = look
  }

  convenience init(stateDirectory: String) {
    self.init { try? Machine.FreeDisk.bytes(at: stateDirectory) }
  }

  func now() async -> Readings {
    let free = await freeDiskBytes()
    let pressure = Pressure.now()
    return Readings(
      freeDiskBytes: free, cpuPressurePercent: pressure.cpuPercent,
      memoryPressurePercent: pressure.memoryPercent, ioPressurePercent: pressure.ioPercent,
      minuteOfDay: LocalTime.minuteOfDay(Int64(Date.now.timeIntervalSince1970)))
  }

  /// The state directory is a local disk's, which may hang all the same: then one thread waits for it, and what was last
  /// known counts.
  private func freeDiskBytes() async -> Int? {
    let begins = freeDisk.withLock { disk in
      defer { disk.isLooking = true }
      return !disk.isLooking
    }
    if begins {
      do {
        _ = try await onOwnThread(atMost: longestLook) { [self] in
          let bytes = look()
          freeDisk.withLock { $0 = FreeDisk(bytes: bytes) }
        }
      } catch {
        // There is no thread, and no look.
        freeDisk.withLock { $0 = FreeDisk() }
      }
    }
    return freeDisk.withLock { $0.bytes }
  }
}

extension Now {
  /// By this machine's clocks.
  static var current: Now { Now(moment: .now, wall: Int64(Date.now.timeIntervalSince1970)) }
}

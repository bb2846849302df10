import FoundationEssentials
import Machine
import Scheduling
import Threads
import Vocabulary

/// What the machine is like at this moment.
struct MachineReadings {
  /// Where results wait for their commit.
  let stateDirectory: String

  /// How long a disk may take to say how much room it has.
  private static let longestLook = Duration.seconds(5)

  func now() async -> Readings {
    let directory = stateDirectory
    // The state directory is a local disk's, which may hang all the same.
    let free = try? await onOwnThread(atMost: Self.longestLook) { try? FreeDisk.bytes(at: directory) }
    let pressure = Pressure.now()
    return Readings(
      freeDiskBytes: (free ?? nil) ?? nil, cpuPressurePercent: pressure.cpuPercent,
      memoryPressurePercent: pressure.memoryPercent, ioPressurePercent: pressure.ioPercent,
      minuteOfDay: LocalTime.minuteOfDay(Int64(Date.now.timeIntervalSince1970)))
  }
}

extension Now {
  /// By this machine's clocks.
  static var current: Now { Now(moment: .now, wall: Int64(Date.now.timeIntervalSince1970)) }
}

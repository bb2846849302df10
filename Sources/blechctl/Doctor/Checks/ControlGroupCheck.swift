import Vocabulary

/// Who holds the workers to their limits.
struct ControlGroupCheck {
  /// Whether the machine has the unified hierarchy alone, version 2.
  let isUnified: Bool
  let systemd: SystemdCheck.Presence
  let isOwn: Bool

  /// The magic number of the unified hierarchy (man 2 statfs).
  static let magic: UInt = 0x6367_7270
  static let directory = "/sys/fs/cgroup"

  var line: DoctorLine {
    let byDaemon = "the daemon itself enforces the limits"
    guard isUnified else { return ok("version 1, or none: \(byDaemon)") }
    guard case .present(let unit) = systemd, unit.exists else {
      return ok("version 2, and no unit to delegate a group to: \(byDaemon)")
    }
    if unit.isDelegated { return ok("version 2, delegated to the unit: the kernel enforces the limits") }
    return DoctorLine(
      .cgroup, Self.directory, "version 2, not delegated to \(SystemdCheck.unit): \(byDaemon)",
      .warning(
        mend: [
          "\(isOwn ? "systemctl --user" : "sudo systemctl") edit blechd, with [Service] and Delegate=yes",
          "\(isOwn ? "systemctl --user" : "sudo systemctl") restart blechd",
        ]))
  }

  private func ok(_ fact: String) -> DoctorLine { DoctorLine(.cgroup, Self.directory, fact) }
}

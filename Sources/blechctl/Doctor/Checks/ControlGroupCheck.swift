import Machine
import Vocabulary

/// Who holds the workers to their limits.
struct ControlGroupCheck {
  /// Why nobody can be given a control group on this machine; nil where they can.
  let obstacle: ControlGroupObstacle?
  let systemd: SystemdCheck.Presence
  let isOwn: Bool
  /// What a daemon that does the work says of the limits in force; nil where none does.
  var inForce: String?

  static let directory = "/sys/fs/cgroup"

  var line: DoctorLine {
    let known = inForce.map { "in force now: \($0)" }
    // Through rlimits, nice and affinity, and by looking at how much memory is taken.
    let byDaemon = known ?? "the daemon itself enforces the limits"
    if let obstacle { return ok(known ?? "\(obstacle): \(byDaemon)") }
    guard case .present(let unit) = systemd, unit.exists else {
      return ok(known ?? "version 2, and no unit to delegate a group to: \(byDaemon)")
    }
    if unit.isDelegated {
      return ok(known ?? "version 2, delegated to the unit: the kernel enforces the limits")
    }
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

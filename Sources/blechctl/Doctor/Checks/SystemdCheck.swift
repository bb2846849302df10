import Vocabulary

/// Whether systemd runs the daemon, and how.
struct SystemdCheck {
  /// What `systemctl show` tells of the unit.
  struct Unit: Equatable {
    /// Its properties; empty where systemd did not answer.
    private let properties: [String: String]

    static let wanted = ["LoadState", "ActiveState", "UnitFileState", "User", "Delegate"]

    /// - Parameter text: lines of `NAME=VALUE`.
    init(_ text: String) {
      let pairs = text.split(separator: "\n").compactMap { line -> (String, String)? in
        let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
      }
      properties = Dictionary(pairs) { $1 }
    }

    var load: String { properties["LoadState"] ?? "" }
    var active: String { properties["ActiveState"] ?? "" }
    var file: String { properties["UnitFileState"] ?? "" }
    /// Nil where the unit names none.
    var user: String? { properties["User"].flatMap { $0.isEmpty ? nil : $0 } }
    var isDelegated: Bool { properties["Delegate"] == "yes" }
    var exists: Bool { !load.isEmpty && load != "not-found" }
  }

  enum Presence: Equatable {
    /// Something else starts the machine's services.
    case absent
    /// It has not told of the unit in time.
    case silent
    case present(Unit)
  }

  /// Whether the unit of one user is meant.
  let isOwn: Bool
  /// The configuration's path.
  let file: String

  static let unit = "blechd.service"
  static let patience = Duration.seconds(10)

  private var systemctl: String { isOwn ? "systemctl --user" : "sudo systemctl" }
  private var journalctl: String { isOwn ? "journalctl --user" : "sudo journalctl" }
  private var byHand: String { "blechd can be started by hand: blechd --config \(file.shellWord)" }

  func lines(_ presence: Presence) -> [DoctorLine] {
    switch presence {
    case .absent: return [ok("systemd does not run here; \(byHand)")]
    case .silent:
      return [
        warning(
          "systemd does not tell of it, or not within \(Self.patience)", ["\(systemctl) status \(Self.unit)"])
      ]
    case .present(let unit) where !unit.exists: return [ok("there is no such unit; \(byHand)")]
    case .present(let unit): return [loading(unit) ?? activity(unit), starting(unit)].compactMap { $0 }
    }
  }

  private func loading(_ unit: Unit) -> DoctorLine? {
    switch unit.load {
    case "loaded": nil
    case "masked": warning("is masked: it cannot be started", ["\(systemctl) unmask blechd"])
    default:
      DoctorLine(
        .systemd, Self.unit, "cannot be used: \(unit.load)",
        .problem(
          .badConfiguration, mend: ["systemd-analyze verify \(Self.unit)", "\(systemctl) daemon-reload"]))
    }
  }

  private func activity(_ unit: Unit) -> DoctorLine {
    switch unit.active {
    case "active", "activating", "reloading": ok("is \(unit.active)")
    case "failed":
      DoctorLine(
        .systemd, Self.unit, "has failed",
        .problem(
          .unavailable, mend: ["\(journalctl) -u blechd -n 50", "\(systemctl) restart blechd"]))
    default: warning("is \(unit.active)", ["\(systemctl) start blechd"])
    }
  }

  private func starting(_ unit: Unit) -> DoctorLine? {
    switch unit.file {
    case "disabled": warning("is not started with the machine", ["\(systemctl) enable blechd"])
    default: nil
    }
  }

  private func ok(_ fact: String) -> DoctorLine { DoctorLine(.systemd, Self.unit, fact) }

  private func warning(_ fact: String, _ mend: [String]) -> DoctorLine {
    DoctorLine(.systemd, Self.unit, fact, .warning(mend: mend))
  }
}

import SystemPackage
import Vocabulary

/// Whether results can be written into a root.
struct PermissionCheck {
  let root: String
  let user: String
  let ground: RootPlace.Ground
  let hasSetfacl: Bool

  func line(_ refusal: WriteTrial.Refusal?) -> DoctorLine {
    guard let refusal else {
      return DoctorLine(.permission, root, "a file was made, renamed and removed as \(user)")
    }
    var mend = advice(refusal.error).commands
    if let leftover = refusal.leftover { mend.append("sudo rm \(leftover.shellWord)") }
    return DoctorLine(
      .permission, root, "a file could not be \(refusal.step.rawValue) as \(user): \(refusal.error)",
      .problem(ExitCode(refusal.error, isWriting: true), mend: mend))
  }

  /// - Parameter locked: session folders that the user may not write, of `all`.
  func line(lockedSessions locked: [String], of all: Int) -> DoctorLine? {
    guard let example = locked.first else { return nil }
    return DoctorLine(
      .permission, root,
      "\(user) may not write into \(locked.count) of \(all) session folders, such as \(example)",
      .problem(.notPermitted, mend: advice(.permissionDenied).commands))
  }

  private func advice(_ error: Errno) -> GrantAdvice {
    GrantAdvice(user: user, root: root, ground: ground, error: error, hasSetfacl: hasSetfacl)
  }
}

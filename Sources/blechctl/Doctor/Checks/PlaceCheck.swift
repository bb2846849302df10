import SystemPackage
import Vocabulary

/// Whether a root is there.
struct PlaceCheck {
  let root: String
  /// The configuration's path.
  let file: String
  let user: String

  /// How long a root may take to answer.
  static let patience = Duration.seconds(10)

  func line(_ place: RootPlace) -> DoctorLine {
    switch place {
    case .there(let ground):
      let via = ground.path == root ? "" : " (it leads to \(ground.path))"
      return DoctorLine(
        .root, root, "is there, on \(ground.fileSystem) mounted at \(ground.mountPoint)\(via)")
    case .notDirectory:
      return problem(.noInput, "is no directory", ["name the directory itself under watch in \(file)"])
    case .missing(.noSuchFileOrDirectory):
      return problem(
        .noInput, "does not exist",
        [
          "sudo mkdir -p \(root.shellWord), or mount what lies there, or correct its path under watch in \(file)"
        ])
    case .missing(let error):
      return problem(.init(error), "cannot be reached: \(error)", ["ls -ld \(root.shellWord)"])
    case .blocked(let above, let error):
      return problem(
        .notPermitted, "\(user) may not go past \(above): \(error)",
        GrantAdvice(user: user, root: root, blockedAbove: above).commands)
    }
  }

  var hangs: DoctorLine { Self.hangs(root, while: "it was looked at") }

  /// - Parameter while: what was being done.
  static func hangs(_ root: String, while step: String) -> DoctorLine {
    DoctorLine(
      .root, root, "does not answer: nothing came back while \(step)",
      .problem(
        .temporary,
        mend: [
          "see that its server, or its disk, is there: findmnt -T \(root.shellWord)",
          "sudo umount -l \(root.shellWord), and mount it again",
        ]))
  }

  private func problem(_ code: ExitCode, _ fact: String, _ mend: [String]) -> DoctorLine {
    DoctorLine(.root, root, fact, .problem(code, mend: mend))
  }
}

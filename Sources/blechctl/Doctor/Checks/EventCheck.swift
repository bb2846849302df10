import Terminal
import Vocabulary
import Watching

/// Whether the kernel tells of new files in a root.
struct EventCheck {
  let root: String
  /// The configuration's path.
  let file: String

  var polled: DoctorLine {
    let interval = WatchSettings(settle: .zero).poll
    return DoctorLine(
      .events, root,
      "not needed: it is looked at every \(Self.seconds(interval.lowerBound)) to "
        + "\(Self.seconds(interval.upperBound))")
  }

  func line(_ outcome: EventProbe.Outcome) -> DoctorLine {
    switch outcome {
    case .told(let after):
      DoctorLine(
        .events, root, "a new file was told of after \(Number.text(after / .milliseconds(1), decimals: 1)) ms"
      )
    case .silent:
      DoctorLine(
        .events, root, "a new file was not told of within 5 s",
        .problem(.badConfiguration, mend: ["backend: polling, below path: \(root), in \(file)"]))
    }
  }

  func line(_ refusal: EventProbe.Refusal) -> DoctorLine {
    let mend =
      switch refusal.step {
      case .instance: InotifyCheck.raise("max_user_instances", to: WatchProblem.advisedInstances)
      case .watch: InotifyCheck.raise("max_user_watches", to: WatchProblem.advisedWatches(for: 0))
      case .finding, .makingAFile: ["see the lines about \(root) above"]
      }
    return DoctorLine(
      .events, root, "could not be tried: \(Self.title(refusal.step)): \(refusal.error)", .warning(mend: mend)
    )
  }

  private static func title(_ step: EventProbe.Refusal.Step) -> String {
    switch step {
    case .finding: "it cannot be reached"
    case .instance: "the kernel gives no inotify instance"
    case .watch: "the kernel gives no watch"
    case .makingAFile: "no file can be made"
    }
  }

  private static func seconds(_ duration: Duration) -> String { "\(duration.components.seconds) s" }
}

import FileAccess
import SystemPackage
import Vocabulary
import Watching

/// How a root would be watched, and what stands in the way of that.
struct WatchingCheck {
  let root: String
  /// The configuration's path.
  let file: String
  let user: String
  let hasSetfacl: Bool

  /// How long all directories may take to be looked at.
  static let patience = Duration.seconds(60)

  /// - Parameters:
  ///   - inForce: the backend of the daemon that watches it at the moment.
  ///   - wanted: what the configuration says.
  func lines(
    _ status: RootStatus, inForce: String?, wanted: WatchRoot.Backend, ground: RootPlace.Ground
  ) -> [DoctorLine] {
    let trees = status.trees
    let directories = trees.reduce(0) { $0 + $1.directories }
    let backends = Set(trees.map(\.backend.rawValue)).sorted().joined(separator: " and ")
    let how =
      inForce.map { "watched by the daemon with \($0)" } ?? "would be watched with \(backends)"
    var lines = [
      DoctorLine(.watching, root, "\(directories) directories, \(how)\(nested(status.nested))")
    ]
    if trees.contains(where: { !$0.isScanned && !$0.problems.contains(where: \.isFatal) }) {
      lines.append(unfinished(directories))
    }
    if wanted == .inotify && ground.isServed { lines.append(blind(ground)) }
    return lines + trees.flatMap { tree in tree.problems.map { line($0, tree.path.string) } }
  }

  private func nested(_ trees: [TreeStatus]) -> String {
    guard !trees.isEmpty else { return "" }
    let places = trees.prefix(3).map { "\($0.fileSystem ?? "?") at \($0.path.shown)" }
    let more = trees.count > 3 ? " and \(trees.count - 3) more" : ""
    return "; mounted inside: \(places.joined(separator: ", "))\(more)"
  }

  private func unfinished(_ directories: Int) -> DoctorLine {
    DoctorLine(
      .watching, root, "not everything was looked at within \(Self.patience): there are more directories",
      .warning(mend: ["exclude what holds no sessions: exclude, below path: \(root), in \(file)"]))
  }

  private func blind(_ ground: RootPlace.Ground) -> DoctorLine {
    DoctorLine(
      .watching, root, "inotify does not see what other computers change on \(ground.fileSystem)",
      .warning(mend: ["backend: auto, below path: \(root), in \(file)"]))
  }

  func line(_ problem: WatchProblem, _ path: String) -> DoctorLine {
    // What follows the semicolon is the advice.
    let parts = problem.description.split(separator: "; ", maxSplits: 1).map(String.init)
    let fact = parts[0]
    switch problem {
    case .missing, .unmounted:
      return DoctorLine(
        .watching, path, fact,
        .problem(.noInput, mend: ["mount it, or correct its path under watch in \(file)"]))
    case .hangs: return PlaceCheck.hangs(path, while: "its directories were looked at")
    case .unreadable(_, let example, _):
      return DoctorLine(
        .watching, path, fact,
        .warning(
          mend: GrantAdvice(user: user, root: example.string, hasSetfacl: hasSetfacl).commands
            + ["or exclude it: exclude, below path: \(root), in \(file)"]))
    case .watchLimit(_, let advised):
      return DoctorLine(
        .watching, path, fact, .warning(mend: InotifyCheck.raise("max_user_watches", to: advised)))
    case .instanceLimit:
      return DoctorLine(
        .watching, path, fact,
        .warning(mend: InotifyCheck.raise("max_user_instances", to: WatchProblem.advisedInstances)))
    case .overflow:
      return DoctorLine(
        .watching, path, fact,
        .warning(mend: InotifyCheck.raise("max_queued_events", to: WatchProblem.advisedQueue)))
    case .tooManyDirectories, .tooManyEntries, .tooManyMounts:
      return DoctorLine(
        .watching, path, fact,
        .warning(mend: ["watch a part of it: exclude, below path: \(root), in \(file)"]))
    }
  }
}

extension WatchProblem {
  /// Whether it keeps a tree from being looked at at all.
  var isFatal: Bool {
    switch self {
    case .missing, .unmounted, .hangs: true
    default: false
    }
  }
}

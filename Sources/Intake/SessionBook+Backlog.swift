import SystemPackage
import Vocabulary
import Watching

/// A person has asked for the backlog while sessions were still being looked at: those that come to stand in it are taken
/// as well.
public struct BacklogRequest: Equatable, Sendable {
  /// Sessions at and below it are meant; nil: all.
  let directory: FilePath?
  /// The sessions that are still being looked at; nil: not everything has been seen yet.
  var awaited: Set<FilePath>?

  /// Whether it is one of those that are meant, looked at or not.
  func means(_ path: FilePath) -> Bool { directory.map { path.starts(with: $0) } ?? true }

  func awaits(_ path: FilePath) -> Bool { means(path) && awaited?.contains(path) ?? true }
}

/// Who asks for the backlog, and what is done about sessions that are still being looked at.
extension SessionBook {
  /// Many more than people ask for at once.
  private static let mostBacklogRequests = 1_000

  /// Takes the backlog, or what of it lies at or below a directory; what is being looked at is taken as soon as it is
  /// found to be of the backlog.
  mutating func askBacklog(
    below directory: FilePath?
  ) -> (answer: Intake.BacklogAnswer, effects: [Effect]) {
    var request = BacklogRequest(directory: directory)
    let awaited = beingLookedAt(request)
    if isEverythingSeen { request.awaited = awaited }
    guard remember(request) else { return (.notYet, []) }
    // What was found before, and is the same when its files have settled, would not be judged anew.
    for path in awaited { records[path]!.concluded = nil }
    let paths = records.filter { path, record in
      guard case .backlog = record.standing else { return false }
      return request.means(path)
    }.keys.sorted { $0.string < $1.string }
    let effects = paths.flatMap { ask(.process, of: $0).effects }
    return (.taken(paths, stillLookedAt: request.awaited?.count), effects)
  }

  private func beingLookedAt(_ request: BacklogRequest) -> Set<FilePath> {
    Set(records.filter { $1.standing.isBeingLookedAt && request.means($0) }.keys)
  }

  /// - Returns: whether there was room for it.
  private mutating func remember(_ request: BacklogRequest) -> Bool {
    // Whom the one before waits for, this one waits for as well.
    backlogRequests.removeAll { $0.directory == request.directory }
    guard request.awaited?.isEmpty != true else { return true }
    guard backlogRequests.count < Self.mostBacklogRequests else { return false }
    backlogRequests.append(request)
    return true
  }

  func isAwaited(_ path: FilePath) -> Bool { backlogRequests.contains { $0.awaits(path) } }

  /// From here on it is known who is still being looked at.
  mutating func noteEverythingSeen() {
    isEverythingSeen = true
    for index in backlogRequests.indices {
      let present = beingLookedAt(backlogRequests[index])
      backlogRequests[index].awaited = backlogRequests[index].awaited?.intersection(present) ?? present
    }
    forgetAnswered()
  }

  /// A session has been looked at, or is gone.
  mutating func noteLookedAt(_ path: FilePath) {
    guard !backlogRequests.isEmpty else { return }
    for index in backlogRequests.indices { backlogRequests[index].awaited?.remove(path) }
    forgetAnswered()
  }

  private mutating func forgetAnswered() { backlogRequests.removeAll { $0.awaited?.isEmpty == true } }
}

extension SessionStanding {
  /// What it comes to is not known yet: it is read some time soon, or was in vain, for something that passes.
  var isBeingLookedAt: Bool {
    switch self {
    case .settling, .waiting, .inspecting, .postponed, .needsRecovery: true
    default: false
    }
  }
}

import SystemPackage
import Vocabulary
import Watching

/// What people, and the queue, ask for sessions.
extension SessionBook {
  /// Requests whose sessions are not there are kept for their return, so many of them.
  private static let mostUnseen = 10_000

  /// What was asked for and is not over, by path.
  var requests: [FilePath: SessionRequest] { unseen.merging(records.compactMapValues(\.request)) { $1 } }

  /// A request counts at the session's next inspection: at once, or when its files have settled.
  ///
  /// - Returns: where the session stood, or nil where none is known.
  mutating func ask(
    _ request: SessionRequest, of path: FilePath
  ) -> (standing: SessionStanding?, effects: [Effect]) {
    guard let record = records[path] else { return (nil, []) }
    if let first = first(of: path) { return (.sameAs(first), ask(request, of: first).effects) }
    if request == .retry { records[path]!.isAnew = true }
    records[path]!.told = ""
    records[path]!.attempts = 0
    let effects = set(path, request)
    // Whoever asks again and again makes no line any longer.
    if record.standing == .waiting, effects.isEmpty, record.isAnew == records[path]!.isAnew {
      return (record.standing, [])
    }
    return (record.standing, effects + inspectAgain(path))
  }

  /// The queue has nothing of the session any more.
  ///
  /// - Parameter isDone: all that it was given is written: no retraining is owed.
  mutating func reconsider(_ path: FilePath, isDone: Bool = false) -> [Effect] {
    if let queued = memory.removeValue(forKey: path) { return isDone ? [] : keep(queued, of: path) }
    guard let record = records[path] else { return [] }
    records[path]!.queued = nil
    records[path]!.isAnew = true
    let owed = !isDone && record.queued?.owesRetraining == true ? set(path, .retrain) : []
    return owed + inspectAgain(path)
  }

  private mutating func inspectAgain(_ path: FilePath) -> [Effect] {
    records[path]!.concluded = nil
    return follow(path)
  }

  /// The request that is there already stays where it comes to more.
  mutating func set(_ path: FilePath, _ request: SessionRequest) -> [Effect] {
    let before = records[path]!.request
    return replace(path, before.map { $0.weight > request.weight ? $0 : request } ?? request)
  }

  private mutating func replace(_ path: FilePath, _ request: SessionRequest?) -> [Effect] {
    guard records[path]!.request != request else { return [] }
    records[path]!.request = request
    return [.requested(path, request)]
  }

  /// What an inspection has made of a request.
  mutating func answer(
    _ path: FilePath, _ outcome: InspectionOutcome, _ standing: SessionStanding
  ) -> [Effect] {
    switch (records[path]!.request, outcome, standing) {
    case (.retry, _, _): replace(path, nil)
    case (.process, .inspected, .done): replace(path, nil)
    case (.process, .inspected(let inspection), _):
      inspection.holdsOwnResults ? replace(path, nil) : []
    // As long as it has no results of its own it is of the backlog, and would be taken back.
    case (.retrain, .inspected(let inspection), .queued), (.retrain, .inspected(let inspection), .done):
      replace(path, isOfBacklog(path, inspection) ? .process : nil)
    // The same where what was asked for before is still owed.
    case (nil, .inspected(let inspection), .queued(let work)) where work.retrains:
      replace(path, isOfBacklog(path, inspection) ? .process : nil)
    default: []
    }
  }

  private func isOfBacklog(_ path: FilePath, _ inspection: Inspection) -> Bool {
    roots[records[path]!.view.root].backlog.leavesOut(inspection) != nil
  }

  // MARK: Sessions that go, or are known by another path

  /// The path that a session is known by, where it is another than this one.
  func first(of path: FilePath) -> FilePath? {
    records[path].flatMap { paths[$0.view.identity]?.first }.flatMap { $0 == path ? nil : $0 }
  }

  /// The session is known by another path: that one has its request from now on.
  mutating func passOn(_ path: FilePath, to first: FilePath) -> [Effect] {
    guard let request = records[path]?.request else { return [] }
    return ask(request, of: first).effects + replace(path, nil)
  }

  /// A session is gone, for example with a server that is away for a while.
  mutating func keep(_ request: SessionRequest?, of path: FilePath, _ identity: FileIdentity) -> [Effect] {
    guard let request else { return [] }
    if let other = paths[identity]?.first {
      return ask(request, of: other).effects + [.requested(path, nil)]
    }
    guard unseen.count < Self.mostUnseen else { return [.requested(path, nil)] }
    unseen[path] = request
    return []
  }

  /// What was queued of a session that has not been seen is gone from the queue.
  mutating func keep(_ queued: QueuedWork, of path: FilePath) -> [Effect] {
    guard queued.owesRetraining, unseen[path] != .retrain else { return [] }
    unseen[path] = .retrain
    return [.requested(path, .retrain)]
  }
}

extension SessionRequest {
  /// What is asked for with more weight includes what is asked for with less, but that a retry begins at once.
  fileprivate var weight: Int {
    switch self {
    case .retry: 0
    case .process: 1
    case .retrain: 2
    }
  }
}

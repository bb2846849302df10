import SystemPackage
import Vocabulary
import Watching

/// What is read when, and what follows from it.
extension SessionBook {
  /// One inspection to begin.
  struct Assignment: Equatable {
    let path: FilePath
    let source: SessionSource
    /// As the watch saw the session settle.
    let stamps: [FileName: Stamp]
    /// Whether the files are to be read, whatever is remembered of them.
    let isAnew: Bool
    let round: Int
    /// Where the session lies: what hangs there keeps nobody waiting elsewhere.
    let device: UInt64
  }

  /// The next session to inspect: of the highest priority the first that settled.
  ///
  /// - Parameter mayUse: whether a device can take one more inspection.
  mutating func nextInspection(where mayUse: (UInt64) -> Bool = { _ in true }) -> Assignment? {
    while let next = waiting.popFirst(where: mayUse) {
      guard let record = records[next.path], record.round == next.round, record.standing == .waiting,
        case .settled(let stamps) = record.view.state
      else { continue }
      records[next.path]!.standing = .inspecting
      return Assignment(
        path: next.path, source: source(of: next.path), stamps: stamps, isAnew: record.isAnew,
        round: next.round, device: record.view.identity.device)
    }
    return nil
  }

  func source(of path: FilePath) -> SessionSource {
    var source = template
    source.directory = path.string
    return source
  }

  /// What a person has asked for comes first.
  mutating func wait(_ path: FilePath) -> [Effect] {
    let record = records[path]!
    rounds += 1
    records[path]!.round = rounds
    waiting.append(
      path, round: rounds,
      priority: record.isAnew || record.request == .retrain ? .max : roots[record.view.root].priority,
      device: record.view.identity.device)
    return set(path, .waiting)
  }

  mutating func take(_ outcome: InspectionOutcome, of assignment: Assignment, at now: Moment) -> [Effect] {
    let path = assignment.path
    guard let record = records[path], record.round == assignment.round,
      case .settled(let stamps) = record.view.state
    else { return [] }
    if case .inspected(let inspection) = outcome, !inspection.agrees(with: stamps) {
      return set(path, .settling(since: now, keepsChanging: false)) + [.recheck(path)]
    }
    let retrains = retrains(path, after: outcome)
    var judgement = Judgement(
      root: roots[record.view.root], source: assignment.source, now: now, attempts: record.attempts,
      retrains: retrains, ignoresBacklog: retrains || record.request == .process)
    var standing = judgement.standing(after: outcome)
    var asked: [Effect] = []
    if case .backlog = standing, isAwaited(path) {
      asked = set(path, .process)
      judgement.ignoresBacklog = true
      standing = judgement.standing(after: outcome)
    }
    records[path]!.concluded = (stamps, standing)
    records[path]!.attempts = standing.retry == nil ? 0 : record.attempts + 1
    records[path]!.isAnew = false
    let isHandedAnew = record.isAnew || record.request == .retrain
    // Whoever keeps a request gives it up only after the work is in the queue.
    return asked + set(path, standing) + queue(path, standing, anew: isHandedAnew)
      + answer(path, outcome, standing)
  }

  /// Whether every job is to be handed over. Where the data have changed before what was asked for was done, it still is.
  private mutating func retrains(_ path: FilePath, after outcome: InspectionOutcome) -> Bool {
    guard case .inspected(let inspection) = outcome else { return false }
    records[path]!.queued?.note(inspection)
    let record = records[path]!
    if record.request == .retrain { return true }
    guard let queued = record.queued, queued.owesRetraining else { return false }
    return record.isAnew || queued.fingerprints != inspection.jobs.map(\.fingerprint)
  }

  /// Work is queued once, however often the session is inspected meanwhile.
  ///
  /// - Parameter anew: even if the queue was given the same before.
  mutating func queue(_ path: FilePath, _ standing: SessionStanding, anew: Bool = false) -> [Effect] {
    let record = records[path]!
    switch standing {
    case .queued(let work):
      if !anew, let queued = record.queued, queued.covers(work) {
        records[path]!.queued!.priority = work.priority
        return queued.priority == work.priority ? [] : [.prioritise(path, work.priority)]
      }
      records[path]!.queued = QueuedWork(work, of: record.view.identity)
      return [.enqueue(path, work)]
    // Results are there before they are inferred anew as well as after.
    case .done where record.queued?.retraining != nil: return []
    default: return takeBack(path)
    }
  }

  /// The queue is not to have the session any more. What it still owed of a person's request is to be asked of it again.
  mutating func takeBack(_ path: FilePath) -> [Effect] {
    guard let queued = records[path]!.queued else { return [] }
    records[path]!.queued = nil
    return [.withdraw(path)] + (queued.owesRetraining ? set(path, .retrain) : [])
  }

  // MARK: Trying again

  /// When something that was in the way is to be tried again, if anything is.
  var nextRetry: Moment? { retries.compactMap { records[$0]?.standing.retry }.min() }

  mutating func retry(at now: Moment) -> [Effect] {
    let due = retries.filter { path in records[path]?.standing.retry.map { $0 <= now } ?? false }
    return due.sorted { $0.string < $1.string }.flatMap { wait($0) }
  }
}

extension SessionStanding {
  var retry: Moment? {
    switch self {
    case .blocked(_, let retry), .postponed(_, let retry), .bad(_, let retry), .needsRecovery(_, let retry):
      retry
    default: nil
    }
  }
}

extension Inspection {
  /// Whether the session was read as the watch saw it settle.
  func agrees(with watched: [FileName: Stamp]) -> Bool {
    stamps.allSatisfy { watched[FileName($0.key)] == $0.value }
      && watched[FileName(h5)] != nil
  }
}

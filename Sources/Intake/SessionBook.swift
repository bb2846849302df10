import FileAccess
import SystemPackage
import Vocabulary
import Watching

/// What is known of every session directory, and what follows from what happens to them. Decides only.
struct SessionBook {
  struct Record {
    let root: Int
    let identity: FileIdentity
    var watched: DirectoryReport.State
    var standing: SessionStanding
    /// Grows with every inspection that is asked for: an answer to an earlier one counts for nothing.
    var round = 0
    var attempts = 0
    /// What the last inspection came to, and the stamps that it holds for.
    var concluded: (stamps: [FileName: Stamp], standing: SessionStanding)?
    /// What was last handed to the queue.
    var queued: [String] = []
    /// In the order in which sessions settled.
    var arrival = 0
  }

  /// What is to be done about a decision.
  enum Effect: Equatable {
    /// A person may want to know.
    case decided(FilePath, SessionStanding)
    case enqueue(FilePath, SessionWork)
    /// The work that was queued is not to be done any more.
    case withdraw(FilePath)
    /// The stamps moved while the session was read: it must settle anew.
    case recheck(FilePath)
  }

  /// One inspection to begin.
  struct Assignment: Equatable {
    let path: FilePath
    let source: SessionSource
    let round: Int
  }

  private let roots: [IntakeRoot]
  private let template: SessionSource
  private(set) var records: [FilePath: Record] = [:]
  private var byIdentity: [FileIdentity: FilePath] = [:]
  private var waiting: [FilePath] = []
  private var arrivals = 0

  /// - Parameter template: how sessions are read; its directory is left out of account.
  init(roots: [IntakeRoot], template: SessionSource) {
    self.roots = roots
    self.template = template
  }

  // MARK: What the watch says

  mutating func take(_ report: RootReport) -> [Effect] {
    let (path, state) = (report.report.path, report.report.state)
    if state == .gone { return forget(path) }
    var effects: [Effect] = []
    if let known = records[path], known.identity != report.report.identity { effects += forget(path) }
    if records[path] == nil {
      records[path] = Record(
        root: report.root, identity: report.report.identity, watched: state, standing: .waiting)
    }
    records[path]!.watched = state
    let owner = byIdentity[report.report.identity] ?? path
    byIdentity[report.report.identity] = owner
    return effects + (owner == path ? follow(path) : set(path, .sameAs(owner)))
  }

  /// Brings a session's standing in line with what the watch says of it.
  private mutating func follow(_ path: FilePath) -> [Effect] {
    guard let record = records[path] else { return [] }
    switch record.watched {
    case .gone: return []
    case .changing(let since, let keepsChanging):
      records[path]!.round += 1
      return set(path, .settling(since: since, keepsChanging: keepsChanging))
    case .settled(let stamps):
      if let concluded = record.concluded, concluded.stamps == stamps, concluded.standing.retry == nil {
        return set(path, concluded.standing)
      }
      if record.standing == .waiting, record.arrival > 0 { return [] }
      arrivals += 1
      records[path]!.arrival = arrivals
      records[path]!.round += 1
      waiting.append(path)
      return set(path, .waiting)
    }
  }

  private mutating func forget(_ path: FilePath) -> [Effect] {
    guard let record = records.removeValue(forKey: path) else { return [] }
    var effects: [Effect] = record.queued.isEmpty ? [] : [.withdraw(path)]
    guard byIdentity[record.identity] == path else { return effects }
    byIdentity[record.identity] = nil
    // The directory may be known by another path as well.
    let others = records.filter { $0.value.identity == record.identity }.keys
    if let next = others.min(by: { $0.string < $1.string }) {
      byIdentity[record.identity] = next
      for other in others where other != next { effects += set(other, .sameAs(next)) }
      effects += follow(next)
    }
    return effects
  }

  private mutating func set(_ path: FilePath, _ standing: SessionStanding) -> [Effect] {
    guard records[path]!.standing != standing else { return [] }
    records[path]!.standing = standing
    return [.decided(path, standing)]
  }

  // MARK: Inspections

  /// The next session to inspect: of the highest priority the first that settled.
  mutating func nextInspection() -> Assignment? {
    waiting.removeAll { records[$0]?.standing != .waiting }
    let next = waiting.min { left, right in
      let (one, other) = (records[left]!, records[right]!)
      let (priority, otherPriority) = (roots[one.root].priority, roots[other.root].priority)
      return priority == otherPriority ? one.arrival < other.arrival : priority > otherPriority
    }
    guard let next else { return nil }
    waiting.removeAll { $0 == next }
    records[next]!.standing = .inspecting
    return Assignment(path: next, source: source(of: next), round: records[next]!.round)
  }

  func source(of path: FilePath) -> SessionSource {
    var source = template
    source.directory = path.string
    return source
  }

  mutating func take(_ outcome: InspectionOutcome, of assignment: Assignment, at now: Moment) -> [Effect] {
    let path = assignment.path
    guard let record = records[path], record.round == assignment.round,
      case .settled(let stamps) = record.watched
    else { return [] }
    if case .inspected(let inspection) = outcome, !inspection.agrees(with: stamps) {
      return set(path, .settling(since: now, keepsChanging: false)) + [.recheck(path)]
    }
    let standing = Judgement(
      root: roots[record.root], source: assignment.source, now: now, attempts: record.attempts
    ).standing(after: outcome)
    records[path]!.concluded = (stamps, standing)
    records[path]!.attempts = standing.retry == nil ? 0 : record.attempts + 1
    return set(path, standing) + queue(path, standing)
  }

  /// Work is queued once, however often the session is inspected meanwhile.
  private mutating func queue(_ path: FilePath, _ standing: SessionStanding) -> [Effect] {
    let before = records[path]!.queued
    if case .queued(let work) = standing {
      records[path]!.queued = work.fingerprints
      return before == work.fingerprints ? [] : [.enqueue(path, work)]
    }
    records[path]!.queued = []
    return before.isEmpty ? [] : [.withdraw(path)]
  }

  // MARK: Trying again

  /// When something that was in the way is to be tried again, if anything is.
  var nextRetry: Moment? { records.values.compactMap(\.standing.retry).min() }

  mutating func retry(at now: Moment) -> [Effect] {
    let due = records.filter { entry in entry.value.standing.retry.map { $0 <= now } ?? false }.keys
    return due.sorted { $0.string < $1.string }.flatMap { follow($0) }
  }
}

extension SessionStanding {
  var retry: Moment? {
    switch self {
    case .blocked(_, let retry), .postponed(_, let retry): retry
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

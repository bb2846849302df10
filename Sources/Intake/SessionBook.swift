import FileAccess
import SystemPackage
import Vocabulary
import Watching

/// What is known of every session directory, and what follows from what happens to them. Decides only.
struct SessionBook {
  /// What one of the watch's trees says of a directory.
  struct View {
    let root: Int
    let identity: FileIdentity
    let state: DirectoryReport.State
  }

  struct Record {
    /// By tree. There are two only for a moment, while a file system is mounted or unmounted.
    var views: [Int: View] = [:]
    /// The tree that spoke last.
    var tree: Int
    var standing: SessionStanding
    /// The inspection that was asked for last: an answer to an earlier one counts for nothing.
    var round = 0
    var attempts = 0
    /// What the last inspection came to, and the stamps that it holds for.
    var concluded: (stamps: [FileName: Stamp], standing: SessionStanding)?
    /// What was last told of its standing: the same is not told again as long as the files are the same.
    var told = ""
    /// Fingerprints of what was last handed to the queue.
    var queued: [String] = []

    var view: View { views[tree]! }
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
    /// Where the session lies: what hangs there keeps nobody waiting elsewhere.
    let device: UInt64
  }

  private let roots: [IntakeRoot]
  private let template: SessionSource
  private(set) var records: [FilePath: Record] = [:]
  /// Paths of each directory: the first is the session's, the others are the same one again.
  private var paths: [FileIdentity: [FilePath]] = [:]
  private var waiting = InspectionQueue()
  private var retries: Set<FilePath> = []
  private var rounds = 0
  /// What an earlier book had queued, until its sessions are seen again.
  private var memory: [FilePath: [String]]

  /// - Parameters:
  ///   - template: how sessions are read; its directory is left out of account.
  ///   - memory: fingerprints of what is queued already, by path.
  init(roots: [IntakeRoot], template: SessionSource, memory: [FilePath: [String]] = [:]) {
    self.roots = roots
    self.template = template
    self.memory = memory
  }

  /// Fingerprints of what is queued, by path.
  var queued: [FilePath: [String]] {
    memory.merging(records.compactMapValues { $0.queued.isEmpty ? nil : $0.queued }) { $1 }
  }

  /// What was queued by an earlier book and has not been seen.
  mutating func withdrawUnseen() -> [Effect] {
    defer { memory = [:] }
    return memory.keys.sorted { $0.string < $1.string }.map { .withdraw($0) }
  }

  // MARK: What the watch says

  mutating func take(_ report: RootReport) -> [Effect] {
    let (path, state) = (report.report.path, report.report.state)
    if state == .gone { return forget(path, of: report.tree) }
    let view = View(root: report.root, identity: report.report.identity, state: state)
    guard var record = records[path] else {
      records[path] = Record(
        views: [report.tree: view], tree: report.tree, standing: .waiting,
        queued: memory.removeValue(forKey: path) ?? [])
      return appear(path)
    }
    let before = record.view.identity
    record.views[report.tree] = view
    record.tree = report.tree
    records[path] = record
    return before == view.identity ? follow(path) : replaced(path, before)
  }

  /// A path leads to a directory that was not known under it.
  private mutating func appear(_ path: FilePath) -> [Effect] {
    paths[records[path]!.view.identity, default: []].append(path)
    return follow(path)
  }

  private mutating func replaced(_ path: FilePath, _ before: FileIdentity) -> [Effect] {
    records[path]!.concluded = nil
    records[path]!.attempts = 0
    return leave(path, before) + appear(path)
  }

  /// The directory is not at this path any more. It may be known by another one.
  private mutating func leave(_ path: FilePath, _ identity: FileIdentity) -> [Effect] {
    let wasFirst = paths[identity]?.first == path
    paths[identity]?.removeAll { $0 == path }
    guard let next = paths[identity]?.first else {
      paths[identity] = nil
      return []
    }
    return wasFirst ? paths[identity]!.dropFirst().reduce(follow(next)) { $0 + follow($1) } : []
  }

  private mutating func forget(_ path: FilePath, of tree: Int) -> [Effect] {
    guard var record = records[path], let gone = record.views.removeValue(forKey: tree) else { return [] }
    if record.tree == tree {
      guard let other = record.views.keys.max() else { return forget(path) }
      record.tree = other
      records[path] = record
      return record.view.identity == gone.identity ? follow(path) : replaced(path, gone.identity)
    }
    records[path] = record
    return []
  }

  private mutating func forget(_ path: FilePath) -> [Effect] {
    guard let record = records.removeValue(forKey: path) else { return [] }
    retries.remove(path)
    return (record.queued.isEmpty ? [] : [.withdraw(path)]) + leave(path, record.view.identity)
  }

  /// Brings a session's standing in line with what the watch says of it.
  private mutating func follow(_ path: FilePath) -> [Effect] {
    guard let record = records[path] else { return [] }
    if let first = paths[record.view.identity]?.first, first != path {
      return set(path, .sameAs(first)) + queue(path, .sameAs(first))
    }
    switch record.view.state {
    case .gone: return []
    case .changing(let since, let keepsChanging):
      records[path]!.round = 0
      records[path]!.told = ""
      return set(path, .settling(since: since, keepsChanging: keepsChanging))
    case .settled(let stamps):
      if let concluded = record.concluded, concluded.stamps == stamps, concluded.standing.retry == nil {
        records[path]!.round = 0
        return set(path, concluded.standing) + queue(path, concluded.standing)
      }
      if record.concluded?.stamps != stamps { records[path]!.told = "" }
      return wait(path)
    }
  }

  private mutating func wait(_ path: FilePath) -> [Effect] {
    rounds += 1
    records[path]!.round = rounds
    waiting.append(
      path, round: rounds, priority: roots[records[path]!.view.root].priority,
      device: records[path]!.view.identity.device)
    return set(path, .waiting)
  }

  private mutating func set(_ path: FilePath, _ standing: SessionStanding) -> [Effect] {
    if standing.retry == nil { retries.remove(path) } else { retries.insert(path) }
    guard records[path]!.standing != standing else { return [] }
    records[path]!.standing = standing
    if standing == .waiting { return [.decided(path, standing)] }
    let text = "\(standing.name): \(standing.reason)"
    guard records[path]!.told != text else { return [] }
    records[path]!.told = text
    return [.decided(path, standing)]
  }

  // MARK: Inspections

  /// The next session to inspect: of the highest priority the first that settled.
  ///
  /// - Parameter mayUse: whether a device can take one more inspection.
  mutating func nextInspection(where mayUse: (UInt64) -> Bool = { _ in true }) -> Assignment? {
    while let next = waiting.popFirst(where: mayUse) {
      guard let record = records[next.path], record.round == next.round, record.standing == .waiting else {
        continue
      }
      records[next.path]!.standing = .inspecting
      return Assignment(
        path: next.path, source: source(of: next.path), round: next.round, device: record.view.identity.device
      )
    }
    return nil
  }

  func source(of path: FilePath) -> SessionSource {
    var source = template
    source.directory = path.string
    return source
  }

  mutating func take(_ outcome: InspectionOutcome, of assignment: Assignment, at now: Moment) -> [Effect] {
    let path = assignment.path
    guard let record = records[path], record.round == assignment.round,
      case .settled(let stamps) = record.view.state
    else { return [] }
    if case .inspected(let inspection) = outcome, !inspection.agrees(with: stamps) {
      return set(path, .settling(since: now, keepsChanging: false)) + [.recheck(path)]
    }
    let standing = Judgement(
      root: roots[record.view.root], source: assignment.source, now: now, attempts: record.attempts
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

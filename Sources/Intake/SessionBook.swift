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
    /// The key of what was last handed to the queue.
    var queued: [String] = []
    /// What a person has asked for, until it is done.
    var request: SessionRequest?
    /// What is remembered of it does not do: the watch may not have seen yet what has become of it.
    var isToBeReadAnew = false

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
    /// What a person has asked for is to be remembered, or, with nil, is over.
    case requested(FilePath, SessionRequest?)
  }

  /// One inspection to begin.
  struct Assignment: Equatable {
    let path: FilePath
    let source: SessionSource
    let round: Int
    /// Where the session lies: what hangs there keeps nobody waiting elsewhere.
    let device: UInt64
    /// As its files settled; nil where what is remembered of them does not do, as a person wants it read anew.
    let stamps: SessionStamps?
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
  /// What people had asked for of sessions that are not seen yet.
  private var earlierRequests: [FilePath: SessionRequest]

  /// - Parameters:
  ///   - template: how sessions are read; its directory is left out of account.
  ///   - memory: keys of what is queued already, by path.
  ///   - requests: what people had asked for, by path.
  init(
    roots: [IntakeRoot], template: SessionSource, memory: [FilePath: [String]] = [:],
    requests: [FilePath: SessionRequest] = [:]
  ) {
    self.roots = roots
    self.template = template
    self.memory = memory
    earlierRequests = requests
  }

  /// Keys of what is queued, by path.
  var queued: [FilePath: [String]] {
    memory.merging(records.compactMapValues { $0.queued.isEmpty ? nil : $0.queued }) { $1 }
  }

  /// What people have asked for and is not done yet, by path.
  var requests: [FilePath: SessionRequest] {
    earlierRequests.merging(records.compactMapValues(\.request)) { $1 }
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
        queued: memory.removeValue(forKey: path) ?? [], request: earlierRequests.removeValue(forKey: path))
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
    return (record.queued.isEmpty ? [] : [.withdraw(path)])
      + (record.request == nil ? [] : [.requested(path, nil)])
      + leave(path, record.view.identity)
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
        path: next.path, source: source(of: next.path), round: next.round,
        device: record.view.identity.device, stamps: record.isToBeReadAnew ? nil : record.view.stamps)
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
      root: roots[record.view.root], source: assignment.source, now: now, attempts: record.attempts,
      request: record.request
    ).standing(after: outcome)
    records[path]!.concluded = (stamps, standing)
    records[path]!.isToBeReadAnew = false
    records[path]!.attempts = standing.retry == nil ? 0 : record.attempts + 1
    return set(path, standing) + queue(path, standing) + answer(path, standing)
  }

  /// Work is queued once, however often the session is inspected meanwhile.
  private mutating func queue(_ path: FilePath, _ standing: SessionStanding) -> [Effect] {
    let before = records[path]!.queued
    if case .queued(let work) = standing {
      records[path]!.queued = work.key
      return before == work.key ? [] : [.enqueue(path, work)]
    }
    records[path]!.queued = []
    return before.isEmpty ? [] : [.withdraw(path)]
  }

  // MARK: What people ask for

  /// A key that no work has: whatever comes next is new to the queue.
  private static let unknownToTheQueue = ["?"]

  /// A person wants something of a session.
  ///
  /// - Returns: nil where there is no such session.
  mutating func ask(_ request: SessionRequest, of path: FilePath) -> [Effect]? {
    guard let record = records[path] else { return nil }
    if case .sameAs(let other) = record.standing { return ask(request, of: other) }
    var effects: [Effect] = []
    // Whoever wants everything to be done anew wants the rest as well.
    if record.request != .retrain, record.request != request {
      records[path]!.request = request
      effects.append(.requested(path, request))
    }
    if request == .retry { records[path]!.queued = Self.unknownToTheQueue }
    return effects + lookAnew(path)
  }

  /// Sessions of the backlog, at or below a directory where one is given.
  func backlog(below directory: FilePath?) -> [FilePath] {
    records.filter { path, record in
      if case .backlog = record.standing { directory.map { path.starts(with: $0) } ?? true } else { false }
    }.keys.sorted { $0.string < $1.string }
  }

  /// The queue has nothing of the session any more.
  ///
  /// - Parameter isDone: what a person had asked for is done.
  mutating func reconsider(_ path: FilePath, isDone: Bool) -> [Effect] {
    guard let record = records[path] else { return [] }
    var effects: [Effect] = []
    if isDone, record.request != nil {
      records[path]!.request = nil
      effects.append(.requested(path, nil))
    }
    records[path]!.queued = Self.unknownToTheQueue
    return effects + lookAnew(path)
  }

  /// Has the session inspected, now or when it has settled, whatever was found before.
  private mutating func lookAnew(_ path: FilePath) -> [Effect] {
    records[path]!.concluded = nil
    records[path]!.attempts = 0
    records[path]!.told = ""
    records[path]!.isToBeReadAnew = true
    guard case .settled = records[path]!.view.state else { return [] }
    return wait(path)
  }

  /// Whether what a person has asked for is over with this.
  private mutating func answer(_ path: FilePath, _ standing: SessionStanding) -> [Effect] {
    switch (records[path]!.request, standing) {
    case (.retry, _), (.process, .done):
      records[path]!.request = nil
      return [.requested(path, nil)]
    default: return []
    }
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

extension SessionBook.View {
  /// As its files settled; nil where a name is no text, or they have not settled.
  fileprivate var stamps: SessionStamps? {
    guard case .settled(let stamps) = state else { return nil }
    var named: SessionStamps = [:]
    for (name, stamp) in stamps {
      guard let text = name.text else { return nil }
      named[text] = stamp
    }
    return named
  }
}

extension Inspection {
  /// Whether the session was read as the watch saw it settle.
  func agrees(with watched: [FileName: Stamp]) -> Bool {
    stamps.allSatisfy { watched[FileName($0.key)] == $0.value }
      && watched[FileName(h5)] != nil
  }
}

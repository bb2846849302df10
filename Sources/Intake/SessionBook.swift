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
    /// What was last handed to the queue and not taken back.
    var queued: QueuedWork?
    /// What a person has asked for and is not over.
    var request: SessionRequest?
    /// The next inspection reads the files, whatever is remembered, and its work is handed over even if it was before.
    var isAnew = false

    var view: View { views[tree]! }
  }

  /// What is to be done about a decision.
  enum Effect: Equatable {
    /// A person may want to know.
    case decided(FilePath, SessionStanding)
    case enqueue(FilePath, SessionWork)
    /// The work that was queued is not to be done any more.
    case withdraw(FilePath)
    /// The root of what was handed over has another priority now.
    case prioritise(FilePath, Int)
    /// The stamps moved while the session was read: it must settle anew.
    case recheck(FilePath)
    /// What is asked for the session is this from now on: nil, it is over.
    case requested(FilePath, SessionRequest?)
  }

  let roots: [IntakeRoot]
  let template: SessionSource
  var records: [FilePath: Record] = [:]
  /// Paths of each directory: the first is the session's, the others are the same one again.
  private(set) var paths: [FileIdentity: [FilePath]] = [:]
  var waiting = InspectionQueue()
  private(set) var retries: Set<FilePath> = []
  var rounds = 0
  /// What an earlier book had queued, until its sessions are seen again.
  var memory: [FilePath: QueuedWork]
  /// Requests whose sessions have not been seen, or are gone.
  var unseen: [FilePath: SessionRequest]
  /// Of the whole backlog, or all below a directory, as long as sessions there are being looked at.
  var backlogRequests: [BacklogRequest]
  /// Whether every session has been seen that was there at the start. It may not have been looked at.
  var isEverythingSeen = false

  /// - Parameters:
  ///   - template: how sessions are read; its directory is left out of account.
  ///   - memory: what is queued already, by path.
  ///   - requests: what was asked for and is not over, by path.
  ///   - backlogRequests: the same of the backlog.
  init(
    roots: [IntakeRoot], template: SessionSource, memory: [FilePath: QueuedWork] = [:],
    requests: [FilePath: SessionRequest] = [:], backlogRequests: [BacklogRequest] = []
  ) {
    self.roots = roots
    self.template = template
    self.memory = memory
    unseen = requests
    self.backlogRequests = backlogRequests
  }

  /// What is queued, by path.
  var queued: [FilePath: QueuedWork] { memory.merging(records.compactMapValues(\.queued)) { $1 } }

  /// Everything has been seen: what was queued by an earlier book and is not there is taken back.
  mutating func withdrawUnseen() -> [Effect] {
    noteEverythingSeen()
    let unseen = memory.sorted { $0.key.string < $1.key.string }
    memory = [:]
    return unseen.flatMap { path, queued in [.withdraw(path)] + keep(queued, of: path) }
  }

  // MARK: What the watch says

  mutating func take(_ report: RootReport) -> [Effect] {
    let (path, state) = (report.report.path, report.report.state)
    if state == .gone { return forget(path, of: report.tree) }
    let view = View(root: report.root, identity: report.report.identity, state: state)
    guard var record = records[path] else {
      return appear(path, view, report.tree)
    }
    let before = record.view.identity
    record.views[report.tree] = view
    record.tree = report.tree
    records[path] = record
    return before == view.identity ? follow(path) : replaced(path, before)
  }

  private mutating func appear(_ path: FilePath, _ view: View, _ tree: Int) -> [Effect] {
    let (queued, request) = (memory.removeValue(forKey: path), unseen.removeValue(forKey: path))
    records[path] = Record(
      views: [tree: view], tree: tree, standing: .waiting, queued: queued, request: request,
      isAnew: request == .retry)
    // Meanwhile another directory may have taken the place of the one whose work is queued.
    let isAnother = queued.map { $0.identity != view.identity } ?? false
    return (isAnother ? takeBack(path) : []) + appear(path)
  }

  /// A path leads to a directory that was not known under it.
  private mutating func appear(_ path: FilePath) -> [Effect] {
    paths[records[path]!.view.identity, default: []].append(path)
    return follow(path)
  }

  private mutating func replaced(_ path: FilePath, _ before: FileIdentity) -> [Effect] {
    records[path]!.concluded = nil
    records[path]!.attempts = 0
    // Even where the results will be the same: nobody is to write them into a directory that was not looked at.
    return takeBack(path) + leave(path, before) + appear(path)
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
    guard records[path] != nil else { return [] }
    let withdrawal = takeBack(path)
    let record = records.removeValue(forKey: path)!
    retries.remove(path)
    noteLookedAt(path)
    return withdrawal + leave(path, record.view.identity)
      + keep(record.request, of: path, record.view.identity)
  }

  /// Brings a session's standing in line with what the watch says of it.
  mutating func follow(_ path: FilePath) -> [Effect] {
    guard let record = records[path] else { return [] }
    if let first = first(of: path) {
      return set(path, .sameAs(first)) + queue(path, .sameAs(first)) + passOn(path, to: first)
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

  mutating func set(_ path: FilePath, _ standing: SessionStanding) -> [Effect] {
    if !standing.isBeingLookedAt { noteLookedAt(path) }
    if standing.retry == nil { retries.remove(path) } else { retries.insert(path) }
    guard records[path]!.standing != standing else { return [] }
    records[path]!.standing = standing
    if standing == .waiting { return [.decided(path, standing)] }
    let text = "\(standing.name): \(standing.reason)"
    guard records[path]!.told != text else { return [] }
    records[path]!.told = text
    return [.decided(path, standing)]
  }
}

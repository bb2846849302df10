import SystemPackage
import TestSupport
import Vocabulary
import Watching

@testable import Intake

/// Sessions, a queue that works on them, a person who asks, and a book that knows of all that only what it is told. Everything
/// happens at random, and what must not happen is noted.
struct MadeUpLaboratory {
  struct Session {
    var inode: UInt64
    /// Of the .h5, and of the other files.
    var (h5, others): (Int64, Int64)
    var isOld: Bool
    var isReady = true
    /// What determines the result of each job.
    var data: [Int]
    /// Of which data there is a result; negative: another program's.
    var results: [Int?] = [nil, nil]
  }

  struct Entry {
    let work: SessionWork
    let inode: UInt64
  }

  static let paths = (0..<5).map { FilePath("/data/s\($0)") }

  var numbers: SeededNumbers
  var sessions: [FilePath: Session] = [:]
  var book: SessionBook
  /// What the watch has not reported yet.
  var unreported: Set<FilePath> = []
  var inspecting: [(assignment: SessionBook.Assignment, outcome: InspectionOutcome)] = []
  private var count: Int64 = 0

  /// What the queue has to do, and what it has been given and nobody has taken back.
  var entries: [FilePath: Entry] = [:]
  var given: [FilePath: Entry] = [:]
  /// What a caller keeps of requests.
  var requests: [FilePath: SessionRequest] = [:]
  /// How often the same work may be handed over again.
  var again: [FilePath: Int] = [:]
  /// Who waits to be retrained, but for those whose .h5 somebody has touched meanwhile.
  var owed: Set<FilePath> = []
  var finished = 0
  var retrained = 0
  var asked = 0
  var wrongs: [String] = []

  static let roots = [IntakeRoot(backlog: .from(day: "2026-01-01"))]

  init(seed: UInt64) {
    numbers = SeededNumbers(seed: seed)
    book = Self.book()
  }

  private static func book(
    memory: [FilePath: QueuedWork] = [:], requests: [FilePath: SessionRequest] = [:]
  ) -> SessionBook {
    SessionBook(
      roots: roots, template: SessionSource(directory: ""), memory: memory, requests: requests)
  }

  // MARK: What happens

  mutating func act() {
    let path = Self.paths.randomElement(using: &numbers)!
    switch Int.random(in: 0..<40, using: &numbers) {
    case 0..<3: if sessions[path] == nil { drop(path) }
    case 3: change(path) { $0 = nil }
    case 4: if sessions[path] != nil { drop(path) }
    case 5..<7:
      let job = Int.random(in: 0..<2, using: &numbers)
      let data = Int(count) + 100
      change(path) { $0?.data[job] = data }
    case 7: change(path, others: true) { _ in }
    case 8: touch(path) { _ in }
    case 9: change(path, others: true) { $0?.isReady.toggle() }
    case 10: touch(path) { $0.results = [-1, -1] }
    case 11..<17: report(Self.paths.filter(unreported.contains).randomElement(using: &numbers))
    case 17..<23: beginInspection()
    case 23..<29: endInspection()
    case 29..<34:
      if let path = entries.keys.sorted(by: { $0.string < $1.string }).randomElement(using: &numbers) {
        finish(path)
      }
    case 34..<37: ask(path)
    case 37: perform(book.retry(at: .now + .seconds(7200)))
    case 38: reload()
    default: if Int.random(in: 0..<3, using: &numbers) == 0 { restart() }
    }
  }

  private mutating func drop(_ path: FilePath) {
    count += 1
    let data = (0..<2).map { _ in Int.random(in: 1..<3, using: &numbers) }
    let session = Session(
      inode: UInt64(count) + 100, h5: count, others: count, isOld: Bool.random(using: &numbers), data: data)
    change(path) { $0 = session }
  }

  /// The .h5, or another file, is written.
  private mutating func change(_ path: FilePath, others: Bool = false, _ body: (inout Session?) -> Void) {
    count += 1
    if others { sessions[path]?.others = count } else { sessions[path]?.h5 = count }
    body(&sessions[path])
    unreported.insert(path)
  }

  /// The .h5 is written, and its data stay the same: nobody can tell afterwards whether that was our own commit.
  private mutating func touch(_ path: FilePath, _ body: (inout Session) -> Void) {
    guard sessions[path] != nil else { return }
    change(path) { body(&$0!) }
    owed.remove(path)
  }

  private mutating func report(_ path: FilePath?) {
    guard let path else { return }
    guard let session = sessions[path] else {
      unreported.remove(path)
      return perform(book.take(MadeUp.report(path, .gone)))
    }
    if Bool.random(using: &numbers) {
      return perform(book.take(MadeUp.changing(path, inode: session.inode)))
    }
    settle(path, session)
  }

  private mutating func settle(_ path: FilePath, _ session: Session) {
    unreported.remove(path)
    let stamps: [FileName: Stamp] = [
      "s.h5": MadeUp.stamp(session.h5), "s.info": MadeUp.stamp(session.others),
    ]
    perform(book.take(MadeUp.report(path, .settled(stamps), inode: session.inode)))
  }

  private mutating func beginInspection() {
    guard let next = book.nextInspection() else { return }
    let isBusy = Int.random(in: 0..<10, using: &numbers) == 0
    let outcome =
      isBusy
      ? InspectionOutcome.failed(Failure(.temporary, "s", "is busy", remedy: "")) : outcome(of: next.path)
    inspecting.append((next, outcome))
  }

  private mutating func endInspection() {
    guard !inspecting.isEmpty else { return }
    let (assignment, outcome) = inspecting.remove(at: Int.random(in: inspecting.indices, using: &numbers))
    perform(book.take(outcome, of: assignment, at: .now))
  }

  func outcome(of path: FilePath) -> InspectionOutcome {
    guard let session = sessions[path], session.isReady else {
      return .failed(Failure(.temporary, "s", "is not sorted", remedy: "", unreadiness: .notSorted))
    }
    let jobs = (0..<2).map { job in
      let existing: ExistingResult =
        switch session.results[job] {
        case nil: .none
        case session.data[job]?: .current
        case let result?: result < 0 ? .foreign : .stale
        }
      return MadeUp.job(job, existing, fingerprint: "\(session.data[job])-")
    }
    var inspection = MadeUp.inspection(sorted: session.isOld ? "2025-05-01" : "2026-05-01", jobs)
    inspection.stamps = ["s.h5": MadeUp.stamp(session.h5), "s.info": MadeUp.stamp(session.others)]
    return .inspected(inspection)
  }

  // MARK: The person, and the daemon

  private mutating func ask(_ path: FilePath) {
    let request = [SessionRequest.process, .retrain, .retry].randomElement(using: &numbers)!
    let (standing, effects) = book.ask(request, of: path)
    if standing != nil {
      asked += 1
      if request != .process { again[path, default: 0] += 1 }
      if request == .retrain { owed.insert(path) }
    }
    perform(effects)
  }

  private mutating func reload() {
    if book.requests != requests { wrongs.append("other requests are known than were told") }
    book = Self.book(memory: book.queued, requests: book.requests)
    reportAll()
    perform(book.withdrawUnseen())
  }

  /// The queue begins with nothing; what it still had to retrain is asked for, as a store has it.
  private mutating func restart() {
    for (path, entry) in entries where entry.work.retrains { requests[path] = .retrain }
    (entries, given) = ([:], [:])
    book = Self.book(requests: requests)
    reportAll()
  }

  private mutating func reportAll() {
    inspecting = []
    for path in Self.paths.shuffled(using: &numbers) {
      if let session = sessions[path] { settle(path, session) }
    }
  }

  // MARK: The queue

  mutating func perform(_ effects: [SessionBook.Effect]) {
    for effect in effects {
      switch effect {
      case .decided, .prioritise: break
      case .recheck(let path): unreported.insert(path)
      case .requested(let path, let request):
        if requests[path] == request { wrongs.append("\(path): the same is told twice") }
        requests[path] = request
      case .withdraw(let path):
        entries[path] = nil
        if given.removeValue(forKey: path) == nil { wrongs.append("\(path): taken back for nothing") }
      case .enqueue(let path, let work): take(path, work)
      }
    }
    // What is over is no reason any more.
    for path in again.keys where book.records[path].map({ !$0.isAnew && $0.request != .retrain }) ?? false {
      again[path] = nil
    }
  }

  private mutating func take(_ path: FilePath, _ work: SessionWork) {
    if let before = given[path]?.work, before.fingerprints == work.fingerprints,
      before.retrains == work.retrains
    {
      again[path, default: 0] -= 1
      if again[path]! < 0 { wrongs.append("\(path): queued twice") }
    }
    if work.retrains != (work.jobs.count == 2) && work.retrains {
      wrongs.append("\(path): not all is retrained")
    }
    if work.jobs.isEmpty { wrongs.append("\(path): queued without work") }
    let entry = Entry(work: work, inode: book.records[path]!.view.identity.inode)
    (entries[path], given[path]) = (entry, entry)
  }

  /// Commits an entry's results, or throws them away where the data are not the same any more.
  mutating func finish(_ path: FilePath) {
    let entry = entries.removeValue(forKey: path)!
    guard let session = sessions[path], session.isReady,
      entry.work.jobs.allSatisfy({ job in
        (0..<2).contains { "\(session.data[$0])-\($0)" == job.fingerprint }
      })
    else {
      given[path] = nil
      return perform(book.reconsider(path))
    }
    if entry.inode != session.inode, !unreported.contains(path) {
      wrongs.append("\(path): results of another directory")
    }
    finished += 1
    if entry.work.retrains {
      retrained += 1
      owed.remove(path)
    }
    change(path) { session in
      for job in entry.work.jobs {
        guard case .index(let index) = job.identity.taste else { continue }
        session!.results[index] = session!.data[index]
      }
    }
  }

  /// Nothing happens any more but what is owed.
  mutating func comeToRest() {
    for _ in 0..<30 {
      for path in Self.paths where unreported.contains(path) {
        if let session = sessions[path] { settle(path, session) } else { report(path) }
      }
      while !inspecting.isEmpty { endInspection() }
      while let next = book.nextInspection() {
        perform(book.take(outcome(of: next.path), of: next, at: .now))
      }
      perform(book.retry(at: .now + .seconds(7200)))
      for path in entries.keys.sorted(by: { $0.string < $1.string }) { finish(path) }
    }
  }
}

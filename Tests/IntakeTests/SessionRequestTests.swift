import SystemPackage
import Testing
import Vocabulary
import Watching

@testable import Intake

/// What people ask for sessions.
@Suite struct SessionRequestTests {
  private let path: FilePath = "/data/s1"
  private static let old = IntakeRoot(backlog: .from(day: "2026-12-01"), priority: 3)

  private func book(
    _ root: IntakeRoot = IntakeRoot(backlog: .all), memory: [FilePath: QueuedWork] = [:],
    requests: [FilePath: SessionRequest] = [:]
  ) -> SessionBook {
    SessionBook(roots: [root], template: SessionSource(directory: ""), memory: memory, requests: requests)
  }

  private func inspected(_ version: Int64 = 1, _ jobs: PlannedJob...) -> InspectionOutcome {
    .inspected(MadeUp.inspection(version: version, jobs.isEmpty ? [MadeUp.job(0), MadeUp.job(1)] : jobs))
  }

  private static let broken = Failure(.badData, "s1", "is broken", remedy: "")
  private static let busy = Failure(.temporary, "s1", "is busy", remedy: "")

  // MARK: process

  @Test func `A session of the backlog is taken when a person asks, until it has results of its own`() throws
  {
    var book = book(Self.old)
    _ = book.take(MadeUp.settled(path))
    #expect(try names(inspect(&book, inspected())) == ["s1: backlog"])
    let (standing, effects) = book.ask(.process, of: path)
    #expect(standing?.name == "backlog" && names(effects) == ["s1 is to process", "s1: waiting"])
    #expect(try names(inspect(&book, inspected())) == ["s1: queued", "enqueue s1 f0,f1"])
    #expect(book.requests == [path: .process])
    // It changes, and is taken as before.
    _ = book.take(MadeUp.settled(path, version: 2))
    #expect(try names(inspect(&book, inspected(2))) == ["s1: queued"])
    // Our own commit of one job: the backlog's rule has no say any more.
    _ = book.take(MadeUp.settled(path, version: 3))
    #expect(
      try names(inspect(&book, inspected(3, MadeUp.job(0, .current), MadeUp.job(1)))) == [
        "s1: queued", "enqueue s1 f1", "s1 is answered",
      ])
    #expect(book.requests.isEmpty)
  }

  // MARK: retrain

  @Test(arguments: [ExistingResult.current, .foreign, .stale, .none])
  func `Every job is handed over to be retrained, whatever is there`(existing: ExistingResult) throws {
    var book = book(IntakeRoot(backlog: .all, priority: 3))
    _ = book.take(MadeUp.settled(path))
    _ = try inspect(&book, inspected(1, MadeUp.job(0, existing), MadeUp.job(1, existing)))
    _ = book.ask(.retrain, of: path)
    let effects = try inspect(&book, inspected(1, MadeUp.job(0, existing), MadeUp.job(1, existing)))
    #expect(names(effects).suffix(2) == ["retrain s1 f0,f1", "s1 is answered"])
    guard case .enqueue(_, let work) = effects.dropLast().last else { throw Self.broken }
    #expect(work.retrains && work.priority == 3 && book.requests.isEmpty)
  }

  @Test func `Retraining that is queued is taken back by nobody who only touches the files`() throws {
    var book = book()
    let done = [MadeUp.job(0, .current), MadeUp.job(1, .foreign)]
    _ = book.take(MadeUp.settled(path))
    _ = book.ask(.retrain, of: path)
    #expect(
      try names(inspect(&book, inspected(1, done[0], done[1]))) == [
        "s1: queued", "retrain s1 f0,f1", "s1 is answered",
      ])
    // Before the commit, and after it: fingerprints are the same.
    for version in 2...3 as ClosedRange<Int64> {
      _ = book.take(MadeUp.changing(path))
      _ = book.take(MadeUp.settled(path, version: version))
      #expect(try names(inspect(&book, inspected(version, done[0], done[1]))) == ["s1: done"])
      _ = book.take(MadeUp.changing(path))
      #expect(names(book.take(MadeUp.settled(path, version: version))) == ["s1: done"])
    }
    // Another taste is sorted anew: that one is work, and no more.
    _ = book.take(MadeUp.settled(path, version: 4))
    #expect(
      try names(
        inspect(&book, inspected(4, MadeUp.job(0, .stale, fingerprint: "g"), MadeUp.job(1, .current))))
        == ["s1: queued", "enqueue s1 g0"])
    // A session that goes is taken back all the same.
    #expect(names(book.take(MadeUp.report(path, .gone))) == ["withdraw s1"])
  }

  @Test func `Data that change before they are retrained are retrained as they are now`() throws {
    var book = book()
    _ = book.take(MadeUp.settled(path))
    _ = book.ask(.retrain, of: path)
    _ = try inspect(&book, inspected(1, MadeUp.job(0, .current), MadeUp.job(1, .current)))
    _ = book.take(MadeUp.settled(path, version: 2))
    let (one, two) = (MadeUp.job(0, .stale, fingerprint: "g"), MadeUp.job(1, .current))
    #expect(try names(inspect(&book, inspected(2, one, two))) == ["s1: queued", "retrain s1 g0,f1"])
    // Something passing is in the way: what the queue still owed is asked of it again.
    _ = book.take(MadeUp.settled(path, version: 3))
    #expect(
      try names(inspect(&book, .failed(Self.busy))) == ["s1: postponed", "withdraw s1", "s1 is to retrain"])
    _ = book.retry(at: .now + .seconds(3600))
    #expect(
      try names(inspect(&book, inspected(3, one, two))) == [
        "s1: queued", "retrain s1 g0,f1", "s1 is answered",
      ])
    // A retry before it is done leaves nothing out.
    _ = book.ask(.retry, of: path)
    #expect(
      try names(inspect(&book, inspected(3, one, two))) == [
        "s1: queued", "retrain s1 g0,f1", "s1 is answered",
      ])
    // So it is where the queue has thrown results away.
    #expect(names(book.reconsider(path)) == ["s1 is to retrain", "s1: waiting"])
    #expect(
      try names(inspect(&book, inspected(3, one, two))) == [
        "s1: queued", "retrain s1 g0,f1", "s1 is answered",
      ])
  }

  @Test func `A session of the backlog that is to be retrained stays taken until it has results`() throws {
    var book = book(Self.old)
    _ = book.take(MadeUp.settled(path))
    _ = book.ask(.retrain, of: path)
    #expect(
      try names(inspect(&book, inspected())) == ["s1: queued", "retrain s1 f0,f1", "s1 is to process"])
    _ = book.take(MadeUp.settled(path, version: 2))
    #expect(try names(inspect(&book, inspected(2))) == ["s1: queued"])
    _ = book.take(MadeUp.settled(path, version: 3))
    #expect(
      try names(inspect(&book, inspected(3, MadeUp.job(0, .current), MadeUp.job(1, .current)))) == [
        "s1: done", "s1 is answered",
      ])
  }

  @Test func `What is still to be retrained stays taken, although its log comes to be of the backlog`() throws
  {
    var book = book(Self.old)
    func recent(_ version: Int64) -> InspectionOutcome {
      .inspected(MadeUp.inspection(version: version, sorted: "2026-12-24 12:00:00"))
    }
    _ = book.take(MadeUp.settled(path))
    _ = book.ask(.retrain, of: path)
    #expect(try names(inspect(&book, recent(1))).last == "s1 is answered")
    _ = book.take(MadeUp.settled(path, version: 2))
    let changed = inspected(2, MadeUp.job(0, fingerprint: "g"), MadeUp.job(1))
    #expect(try names(inspect(&book, changed)) == ["s1: queued", "retrain s1 g0,f1", "s1 is to process"])
    // Whoever only touches it does not have it taken back.
    _ = book.take(MadeUp.settled(path, version: 3))
    let touched = inspected(3, MadeUp.job(0, fingerprint: "g"), MadeUp.job(1))
    #expect(try names(inspect(&book, touched)) == ["s1: queued"])
  }

  @Test func `A request waits until the session can be inspected`() throws {
    var book = book()
    _ = book.take(MadeUp.settled(path))
    _ = book.ask(.retrain, of: path)
    #expect(try names(inspect(&book, .failed(Self.broken))) == ["s1: bad"])
    #expect(book.requests == [path: .retrain])
    _ = book.take(MadeUp.settled(path, version: 2))
    // It has changed while it was read: nothing is answered by that.
    #expect(try names(inspect(&book, inspected(3))).last == "recheck s1")
    _ = book.take(MadeUp.settled(path, version: 3))
    #expect(try names(inspect(&book, inspected(3))).last == "s1 is answered")
  }

  // MARK: retry

  @Test(arguments: [
    (InspectionOutcome.failed(broken), "bad"), (.failed(busy), "postponed"),
    (.failed(Failure(.notPermitted, "s1", "may not be read", remedy: "")), "blocked"),
    (.needsRecovery(["/data/s1"]), "needs recovery"), (.inspected(MadeUp.inspection()), "queued"),
    (.failed(Failure(.temporary, "s1", "is not sorted", remedy: "", unreadiness: .notSorted)), "not sorted"),
    (.inspected(MadeUp.inspection([MadeUp.job(0, .current)])), "done"),
  ])
  func `A retry looks again at once, whatever was found, and is over`(first: InspectionOutcome, name: String)
    throws
  {
    var book = book()
    _ = book.take(MadeUp.settled("/data/s0"))
    _ = book.take(MadeUp.settled(path))
    let queued = try inspect(&book, first)
    #expect(names(queued).first == "s0: \(name)")
    _ = book.take(MadeUp.settled("/data/s2"))
    let (standing, effects) = book.ask(.retry, of: "/data/s0")
    #expect(standing?.name == name && names(effects) == ["s0 is to retry", "s0: waiting"])
    // Before those that came earlier, and not from memory.
    var next = book.nextInspection()
    let assignment = try #require(next)
    #expect(assignment.path == "/data/s0" && assignment.isAnew)
    #expect(
      names(book.take(.inspected(MadeUp.inspection()), of: assignment, at: .now)) == [
        "s0: queued", "enqueue s0 f0,f1", "s0 is answered",
      ])
    next = book.nextInspection()
    #expect(next?.isAnew == false && book.requests.isEmpty)
    // The next time the same is not queued again.
    _ = book.take(MadeUp.settled("/data/s0", version: 2))
    _ = book.nextInspection()
    #expect(try names(inspect(&book, inspected(2))) == ["s0: queued"])
  }

  @Test func `A retry that finds the same failure says so, and is over`() throws {
    var book = book()
    _ = book.take(MadeUp.settled(path))
    _ = try inspect(&book, .failed(Self.broken))
    _ = book.ask(.retry, of: path)
    #expect(try names(inspect(&book, .failed(Self.broken))) == ["s1: bad", "s1 is answered"])
  }

  @Test func `A retry does not end a request that goes on, nor does it lift the backlog's rule`() throws {
    var book = book(Self.old)
    _ = book.take(MadeUp.settled(path))
    _ = book.ask(.retry, of: path)
    #expect(try names(inspect(&book, inspected())) == ["s1: backlog", "s1 is answered"])
    _ = book.ask(.process, of: path)
    _ = try inspect(&book, inspected())
    #expect(names(book.ask(.retry, of: path).effects) == ["s1: waiting"])
    #expect(try names(inspect(&book, inspected())) == ["s1: queued", "enqueue s1 f0,f1"])
    #expect(book.requests == [path: .process])
  }

  @Test func `Asking again and again makes no line any longer`() {
    var book = book()
    _ = book.take(MadeUp.settled(path))
    for _ in 0..<5 { _ = book.ask(.retry, of: path) }
    let round = book.records[path]?.round
    _ = book.ask(.process, of: path)
    _ = book.ask(.retry, of: path)
    #expect(round == 2 && book.records[path]?.round == 3 && book.requests == [path: .process])
  }

  // MARK: Where it is asked

  @Test func `A session that settles is asked for as well, one that is not known is not`() throws {
    var book = book()
    #expect(book.ask(.retry, of: path).standing == nil && book.requests.isEmpty)
    _ = book.take(MadeUp.changing(path))
    let (standing, effects) = book.ask(.retrain, of: path)
    #expect(standing?.name == "settling" && names(effects) == ["s1 is to retrain"])
    #expect(book.nextInspection() == nil)
    _ = book.take(MadeUp.settled(path))
    #expect(try names(inspect(&book, inspected())).last == "s1 is answered")
  }

  @Test func `A request for another path of a session is the session's`() throws {
    var book = book()
    _ = book.take(MadeUp.settled(path, inode: 5))
    _ = book.take(MadeUp.settled("/data/other", inode: 5))
    let (standing, effects) = book.ask(.retrain, of: "/data/other")
    #expect(standing == .sameAs(path) && names(effects) == ["s1 is to retrain"])
    // The path that it was known by goes.
    #expect(
      names(book.take(MadeUp.report(path, .gone, inode: 5))) == [
        "other: waiting", "other is to retrain", "s1 is answered",
      ])
    #expect(try names(inspect(&book, inspected())).suffix(2) == ["retrain other f0,f1", "other is answered"])
  }

  @Test func `So it is where the path comes to lead to that session later`() throws {
    var book = book()
    _ = book.take(MadeUp.settled("/data/known", inode: 5))
    _ = book.take(MadeUp.settled(path, inode: 6))
    _ = book.ask(.process, of: path)
    #expect(
      names(book.take(MadeUp.settled(path, inode: 5))) == [
        "s1: same", "known is to process", "s1 is answered",
      ])
    #expect(book.requests == ["/data/known": .process])
  }

  @Test func `Requests of sessions that are gone are kept, so many of them`() throws {
    let others = (0..<9_999).map { (FilePath("/data/gone\($0)"), SessionRequest.process) }
    var book = book(requests: Dictionary(uniqueKeysWithValues: others))
    for path in ["/data/s1", "/data/s2"] as [FilePath] {
      _ = book.take(MadeUp.settled(path))
      _ = book.ask(.retrain, of: path)
    }
    #expect(book.take(MadeUp.report("/data/s1", .gone)).isEmpty)
    #expect(names(book.take(MadeUp.report("/data/s2", .gone))) == ["s2 is answered"])
    #expect(book.requests.count == 10_000 && book.requests["/data/s1"] == .retrain)
  }

  @Test func `A request survives a restart, and a server that is away`() throws {
    var book = book(Self.old, requests: [path: .process, "/data/s2": .retry])
    _ = book.take(MadeUp.settled(path))
    #expect(try names(inspect(&book, inspected())) == ["s1: queued", "enqueue s1 f0,f1"])
    #expect(names(book.take(MadeUp.report(path, .gone))) == ["withdraw s1"])
    #expect(book.requests == [path: .process, "/data/s2": .retry])
    _ = book.take(MadeUp.settled(path))
    #expect(try names(inspect(&book, inspected())) == ["s1: queued", "enqueue s1 f0,f1"])
    _ = book.take(MadeUp.settled("/data/s2"))
    let next = book.nextInspection()
    #expect(next?.isAnew == true)
  }

  @Test func `A reload keeps what is queued and what is asked for`() throws {
    var first = book(Self.old)
    for name in ["s1", "s2", "s3"] { _ = first.take(MadeUp.settled(FilePath("/data/\(name)"))) }
    _ = first.ask(.process, of: "/data/s2")
    _ = first.ask(.retrain, of: "/data/s3")
    // What was asked for last is first: s3.
    #expect(try names(inspect(&first, inspected(1, MadeUp.job(0, .current)))).contains("retrain s3 f0"))
    _ = try inspect(&first, inspected())
    _ = try inspect(&first, inspected())
    var second = book(Self.old, memory: first.queued, requests: first.requests)
    #expect(second.queued == first.queued && second.requests == ["/data/s2": .process])
    for name in ["s1", "s2", "s3"] { _ = second.take(MadeUp.settled(FilePath("/data/\(name)"))) }
    #expect(try names(inspect(&second, inspected())) == ["s1: backlog"])
    #expect(try names(inspect(&second, inspected())) == ["s2: queued"])
    #expect(try names(inspect(&second, inspected(1, MadeUp.job(0, .current)))) == ["s3: done"])
    #expect(second.queued == first.queued && second.withdrawUnseen().isEmpty)
    // What has not been seen again is taken back, and its retraining is asked for when it is.
    var third = book(Self.old, memory: first.queued, requests: first.requests)
    #expect(names(third.withdrawUnseen()) == ["withdraw s2", "withdraw s3", "s3 is to retrain"])
    #expect(third.requests == ["/data/s2": .process, "/data/s3": .retrain])
  }
}

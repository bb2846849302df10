import SystemPackage
import Testing
import Vocabulary
import Watching

@testable import Intake

@Suite struct SessionBookTests {
  private let path: FilePath = "/data/s1"

  private func book(_ roots: [IntakeRoot] = [IntakeRoot(backlog: .all)]) -> SessionBook {
    SessionBook(roots: roots, template: SessionSource(directory: "", requiresExecutionLog: true))
  }

  @Test func `A settled session with work is queued once`() throws {
    var book = book()
    #expect(names(book.take(MadeUp.changing(path))) == ["s1: settling"])
    #expect(book.nextInspection() == nil)
    #expect(names(book.take(MadeUp.settled(path))) == ["s1: waiting"])
    #expect(try names(inspect(&book, .inspected(MadeUp.inspection()))) == ["s1: queued", "enqueue s1 f0,f1"])
    #expect(book.nextInspection() == nil)
    // Opened for writing and closed again: the same stamps, nothing is read.
    _ = book.take(MadeUp.changing(path))
    #expect(names(book.take(MadeUp.settled(path))) == ["s1: queued"])
    #expect(book.nextInspection() == nil)
    // Written again with the same content: it is read, and not queued a second time.
    _ = book.take(MadeUp.settled(path, version: 2))
    #expect(try names(inspect(&book, .inspected(MadeUp.inspection(version: 2)))) == ["s1: queued"])
  }

  @Test func `Sorting anew queues the new work in the place of the old`() throws {
    var book = book()
    _ = book.take(MadeUp.settled(path))
    _ = try inspect(&book, .inspected(MadeUp.inspection()))
    _ = book.take(MadeUp.settled(path, version: 2))
    let jobs = [MadeUp.job(0, fingerprint: "g"), MadeUp.job(1, fingerprint: "g")]
    #expect(
      try names(inspect(&book, .inspected(MadeUp.inspection(version: 2, jobs)))) == [
        "s1: queued", "enqueue s1 g0,g1",
      ])
  }

  @Test func `Our own commit, or a copy of a finished session, makes no work`() throws {
    var book = book()
    _ = book.take(MadeUp.settled(path))
    let done = [MadeUp.job(0, .current), MadeUp.job(1, .current)]
    #expect(try names(inspect(&book, .inspected(MadeUp.inspection(done)))) == ["s1: done"])
  }

  @Test func `Only the tastes that a changed parameter concerns are queued`() throws {
    var book = book()
    _ = book.take(MadeUp.settled(path))
    let jobs = [MadeUp.job(0, .current), MadeUp.job(1, .stale)]
    #expect(
      try names(inspect(&book, .inspected(MadeUp.inspection(jobs)))) == ["s1: queued", "enqueue s1 f1"])
  }

  @Test func `Another program's results are kept, or replaced where that is wanted`() throws {
    let foreign = MadeUp.inspection([MadeUp.job(0, .foreign), MadeUp.job(1, .foreign)])
    var keeping = book()
    _ = keeping.take(MadeUp.settled(path))
    #expect(try names(inspect(&keeping, .inspected(foreign))) == ["s1: foreign"])
    var replacing = SessionBook(
      roots: [IntakeRoot(backlog: .all)], template: SessionSource(directory: "", replacesForeign: true))
    _ = replacing.take(MadeUp.settled(path))
    #expect(try names(inspect(&replacing, .inspected(foreign))) == ["s1: queued", "enqueue s1 f0,f1"])
  }

  @Test(
    arguments: zip(
      [Unreadiness.incomplete, .notSorted, .beingResorted, .noSortedUnits],
      ["incomplete", "not sorted", "being re-sorted", "no sorted units"]))
  func `What is not ready waits for its next change`(unreadiness: Unreadiness, name: String) throws {
    var book = book()
    _ = book.take(MadeUp.settled(path))
    let failure = Failure(.temporary, "s1", "is not ready", remedy: "", unreadiness: unreadiness)
    #expect(try names(inspect(&book, .failed(failure))) == ["s1: \(name)"])
    let next = book.nextInspection()
    #expect(book.nextRetry == nil && next == nil)
    _ = book.take(MadeUp.settled(path, version: 2))
    #expect(
      try names(inspect(&book, .inspected(MadeUp.inspection(version: 2)))) == [
        "s1: queued", "enqueue s1 f0,f1",
      ])
  }

  @Test func `A queued session that is being re-sorted is taken back`() throws {
    var book = book()
    _ = book.take(MadeUp.settled(path))
    _ = try inspect(&book, .inspected(MadeUp.inspection()))
    _ = book.take(MadeUp.settled(path, version: 2))
    let failure = Failure(.temporary, "s1", "is being re-sorted", remedy: "", unreadiness: .beingResorted)
    #expect(try names(inspect(&book, .failed(failure))) == ["s1: being re-sorted", "withdraw s1"])
  }

  @Test func `What cannot be used is bad, and looked at again when it changes or an hour has gone by`() throws
  {
    var book = book()
    _ = book.take(MadeUp.settled(path))
    let now = Moment.now
    let failure = Failure(.badData, "s1", "is broken", remedy: "")
    #expect(try names(inspect(&book, .failed(failure), at: now)) == ["s1: bad"])
    #expect(book.nextRetry == now + .seconds(3600))
    #expect(names(book.take(MadeUp.settled(path, version: 2))) == ["s1: waiting"])
  }

  @Test(arguments: [
    (ExitCode.notPermitted, "blocked"), (.temporary, "postponed"), (.noInput, "postponed"),
    (.internalError, "postponed"),
  ])
  func `What passes is tried again, later and later, up to once an hour`(code: ExitCode, name: String) throws
  {
    var book = book()
    _ = book.take(MadeUp.settled(path))
    var (now, waits): (Moment, [Double]) = (.now, [])
    for round in 0..<9 {
      let effects = try inspect(&book, .failed(Failure(code, "s1", "cannot be read", remedy: "")), at: now)
      // The same is told once.
      #expect(names(effects) == (round == 0 ? ["s1: \(name)"] : []))
      #expect(book.records[path]?.standing.name == name)
      let retry = try #require(book.nextRetry)
      waits.append((retry - now) / .seconds(1))
      #expect(book.retry(at: now).isEmpty)
      now = retry
      #expect(names(book.retry(at: now)) == ["s1: waiting"])
    }
    #expect(waits == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600])
  }

  @Test func `Work whose results cannot be written is not queued`() throws {
    var book = book()
    _ = book.take(MadeUp.settled(path))
    let obstacle = Failure(.cannotWrite, "s1", "lies on a read-only disk", remedy: "")
    #expect(try names(inspect(&book, .inspected(MadeUp.inspection(obstacle: obstacle)))) == ["s1: blocked"])
    #expect(book.nextRetry != nil)
  }

  @Test func `A journal waits for its recovery`() throws {
    var book = book()
    _ = book.take(MadeUp.settled(path))
    #expect(try names(inspect(&book, .needsRecovery(["/data/s1"]))) == ["s1: needs recovery"])
  }

  @Test func `After a recovery that did not touch the .h5 the session is read again`() throws {
    var book = book()
    _ = book.take(MadeUp.settled(path))
    _ = try inspect(&book, .needsRecovery(["/data/s1"]))
    #expect(book.nextRetry != nil)
    _ = book.take(MadeUp.changing(path))
    #expect(names(book.take(MadeUp.settled(path))) == ["s1: waiting"])
  }

  @Test func `A tree that goes takes away only what no other tree sees`() throws {
    var book = book()
    _ = book.take(MadeUp.settled(path, inode: 5, tree: 1))
    // Something is mounted there: another tree, another directory. The first tree is late to notice.
    _ = book.take(MadeUp.settled(path, version: 2, inode: 6, tree: 2))
    _ = try inspect(&book, .inspected(MadeUp.inspection(version: 2)))
    #expect(book.take(MadeUp.report(path, .gone, inode: 5, tree: 1)).isEmpty)
    #expect(book.records[path]?.standing.name == "queued")
    // Unmounted, and the other way round: what was hidden is seen again before the other goes.
    _ = book.take(MadeUp.settled(path, inode: 5, tree: 3))
    _ = book.take(MadeUp.settled(path, version: 2, inode: 6, tree: 2))
    #expect(names(book.take(MadeUp.report(path, .gone, inode: 6, tree: 2))) == [])
    #expect(book.records[path]?.view.identity.inode == 5)
    #expect(try names(inspect(&book, .inspected(MadeUp.inspection()))) == ["s1: queued", "enqueue s1 f0,f1"])
  }

  @Test func `Another directory in the place of a session is read anew`() throws {
    var book = book()
    _ = book.take(MadeUp.settled(path, inode: 5))
    _ = try inspect(&book, .inspected(MadeUp.inspection()))
    #expect(names(book.take(MadeUp.settled(path, inode: 6))) == ["withdraw s1", "s1: waiting"])
  }

  @Test func `A device that hangs keeps only its own sessions waiting`() {
    var book = book()
    _ = book.take(MadeUp.settled("/data/a"))
    _ = book.take(MadeUp.settled("/data/b", device: 2))
    var next = book.nextInspection(where: { $0 != 1 })
    #expect(next?.path == "/data/b" && next?.device == 2)
    next = book.nextInspection(where: { $0 != 1 })
    #expect(next == nil)
    next = book.nextInspection()
    #expect(next?.path == "/data/a")
  }

  @Test func `What an earlier book had queued is not queued again`() throws {
    var first = book()
    _ = first.take(MadeUp.settled(path))
    _ = try inspect(&first, .inspected(MadeUp.inspection()))
    var second = SessionBook(
      roots: [IntakeRoot(backlog: .all)], template: SessionSource(directory: ""), memory: first.queued)
    #expect(second.queued.mapValues(\.fingerprints) == [path: ["f0", "f1"]])
    var third = second
    #expect(names(third.withdrawUnseen()) == ["withdraw s1"])
    #expect(third.queued.isEmpty)
    _ = second.take(MadeUp.settled(path))
    #expect(second.withdrawUnseen().isEmpty)
    #expect(try names(inspect(&second, .inspected(MadeUp.inspection()))) == ["s1: queued"])
    #expect(names(second.take(MadeUp.report(path, .gone))) == ["withdraw s1"])
  }

  @Test func `A session that changes while it is read settles anew`() throws {
    var book = book()
    _ = book.take(MadeUp.settled(path))
    #expect(
      try names(inspect(&book, .inspected(MadeUp.inspection(version: 2)))) == ["s1: settling", "recheck s1"])
    _ = book.take(MadeUp.settled(path, version: 2))
    #expect(
      try names(inspect(&book, .inspected(MadeUp.inspection(version: 2)))) == [
        "s1: queued", "enqueue s1 f0,f1",
      ])
  }

  @Test func `The answer to an earlier inspection counts for nothing`() throws {
    var book = book()
    _ = book.take(MadeUp.settled(path))
    var next = book.nextInspection()
    let first = try #require(next)
    _ = book.take(MadeUp.changing(path))
    #expect(book.take(.inspected(MadeUp.inspection()), of: first, at: .now).isEmpty)
    _ = book.take(MadeUp.settled(path, version: 2))
    next = book.nextInspection()
    let second = try #require(next)
    #expect(book.take(.inspected(MadeUp.inspection()), of: first, at: .now).isEmpty)
    #expect(!book.take(.inspected(MadeUp.inspection(version: 2)), of: second, at: .now).isEmpty)
  }

  @Test func `A session that is gone is not queued any more`() throws {
    var book = book()
    _ = book.take(MadeUp.settled(path))
    _ = try inspect(&book, .inspected(MadeUp.inspection()))
    #expect(names(book.take(MadeUp.report(path, .gone))) == ["withdraw s1"])
    #expect(book.records.isEmpty && book.take(MadeUp.report(path, .gone)).isEmpty)
  }

  @Test func `One directory under two paths is one session, whichever path goes first`() throws {
    var book = book()
    _ = book.take(MadeUp.settled("/data/s1", inode: 5))
    #expect(names(book.take(MadeUp.settled("/data/bound/s1x", inode: 5))) == ["s1x: same"])
    #expect(try names(inspect(&book, .inspected(MadeUp.inspection()))) == ["s1: queued", "enqueue s1 f0,f1"])
    #expect(book.nextInspection() == nil)
    #expect(names(book.take(MadeUp.report("/data/s1", .gone, inode: 5))) == ["withdraw s1", "s1x: waiting"])
    #expect(
      try names(inspect(&book, .inspected(MadeUp.inspection()))) == ["s1x: queued", "enqueue s1x f0,f1"])
    #expect(book.take(MadeUp.report("/data/s1", .gone, inode: 5)).isEmpty)
  }

  @Test func `Sessions are inspected by their root's priority, then in the order in which they settled`() {
    var book = book([IntakeRoot(backlog: .all), IntakeRoot(backlog: .all, priority: 5)])
    _ = book.take(MadeUp.settled("/data/b"))
    _ = book.take(MadeUp.settled("/data/a"))
    _ = book.take(MadeUp.settled("/urgent/c", root: 1))
    var order: [String] = []
    while let next = book.nextInspection() { order.append(next.path.lastComponent!.string) }
    #expect(order == ["c", "b", "a"])
  }

  // MARK: Backlog

  @Test(arguments: [
    (BacklogRule.from(day: "2026-05-01"), "queued"), (.from(day: "2026-05-02"), "backlog"), (.all, "queued"),
    (.since(firstWatched: 1_000_000_000), "queued"), (.since(firstWatched: 4_000_000_000), "backlog"),
  ])
  func `Sessions of earlier days are left alone as the root's rule says`(rule: BacklogRule, name: String)
    throws
  {
    var book = book([IntakeRoot(backlog: rule)])
    _ = book.take(MadeUp.settled(path))
    let effects = try inspect(&book, .inspected(MadeUp.inspection(sorted: "2026-05-01 12:00:00")))
    #expect(names(effects).first == "s1: \(name)")
  }

  @Test func `A session that holds results of ours was taken before, whatever its date`() throws {
    var book = book([IntakeRoot(backlog: .from(day: "2026-12-01"))])
    _ = book.take(MadeUp.settled(path))
    let jobs = [MadeUp.job(0, .current), MadeUp.job(1, .none)]
    #expect(
      try names(inspect(&book, .inspected(MadeUp.inspection(jobs)))) == ["s1: queued", "enqueue s1 f1"])
  }

  @Test func `Without a log the day of the .h5 counts`() throws {
    let inspection = MadeUp.inspection(version: 1_767_225_600 + 86_400, sorted: nil)
    #expect(BacklogRule.from(day: "2026-02-01").leavesOut(inspection) != nil)
    #expect(BacklogRule.from(day: "2026-01-01").leavesOut(inspection) == nil)
  }

  @Test func `Every standing has a name and a reason`() {
    let failure = Failure(.badData, "s1", "is broken", remedy: "mend it")
    let work = SessionWork(
      source: SessionSource(directory: "/data/s1"), inspection: MadeUp.inspection(),
      jobs: [MadeUp.job(1, .stale)], retrains: false, priority: 0)
    let all: [(SessionStanding, String)] = [
      (.settling(since: .now, keepsChanging: true), "still writing"),
      (.backlog(Backlog(sorted: "x", limit: "y")), "backlog"),
      (.done(current: 2, foreign: 0), "up to date"), (.done(current: 0, foreign: 2), "another program"),
      (
        .queued(work), "1 of 2 jobs are to be inferred: region all, taste 1 (data or parameters have changed)"
      ),
      (.bad(failure, retry: .now), "mend it"), (.sameAs("/data/other"), "/data/other"),
      (.needsRecovery(["/data/s1"], retry: .now), "blechctl recover"),
    ]
    for (standing, words) in all {
      #expect(!standing.name.isEmpty && standing.reason.contains(words), "\(standing.reason)")
    }
  }
}

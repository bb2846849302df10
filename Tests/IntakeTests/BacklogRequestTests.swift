import Synchronization
import SystemPackage
import Testing
import Vocabulary
import Watching

@testable import Intake

/// Who asks for the backlog: at once, and while sessions are still being looked at.
@Suite struct BacklogRequestTests {
  private static let old = IntakeRoot(backlog: .from(day: "2026-12-01"))

  private func book(_ requests: [BacklogRequest] = [], saw isEverythingSeen: Bool = true) -> SessionBook {
    var book = SessionBook(
      roots: [Self.old], template: SessionSource(directory: ""), backlogRequests: requests)
    if isEverythingSeen { _ = book.withdrawUnseen() }
    return book
  }

  private let inspected = InspectionOutcome.inspected(MadeUp.inspection())
  private let done = InspectionOutcome.inspected(MadeUp.inspection([MadeUp.job(0, .current)]))

  @Test func `The whole backlog, or that below a directory, is taken, and nothing else`() throws {
    var book = book()
    for name in ["a/s1", "a/s2", "b/s3", "ab/s4"] { _ = book.take(MadeUp.settled(FilePath("/d/\(name)"))) }
    for _ in 0..<3 { _ = try inspect(&book, inspected) }
    _ = try inspect(&book, done)
    var other = book
    let below = book.askBacklog(below: "/d/a")
    #expect(below.answer == .taken(["/d/a/s1", "/d/a/s2"], stillLookedAt: 0))
    #expect(book.requests == ["/d/a/s1": .process, "/d/a/s2": .process] && book.backlogRequests.isEmpty)
    #expect(names(below.effects).count { $0.hasSuffix("is to process") } == 2)
    let all = other.askBacklog(below: nil)
    #expect(all.answer == .taken(["/d/a/s1", "/d/a/s2", "/d/b/s3"], stillLookedAt: 0))
  }

  @Test func `What is still being looked at is taken when it is found to be of the backlog`() throws {
    var book = book()
    _ = book.take(MadeUp.settled("/d/a/s1"))
    _ = book.nextInspection()
    _ = book.take(MadeUp.settled("/d/a/s2"))
    _ = book.take(MadeUp.changing("/d/a/s3"))
    _ = book.take(MadeUp.settled("/d/b/s4"))
    #expect(book.askBacklog(below: "/d/a").answer == .taken([], stillLookedAt: 3))
    // One that comes later was not asked for.
    _ = book.take(MadeUp.settled("/d/a/s5"))
    #expect(try names(inspect(&book, inspected)) == ["s2 is to process", "s2: queued", "enqueue s2 f0,f1"])
    #expect(try names(inspect(&book, inspected)) == ["s4: backlog"])
    #expect(try names(inspect(&book, inspected)) == ["s5: backlog"])
    _ = book.take(MadeUp.settled("/d/a/s3"))
    #expect(try names(inspect(&book, done)) == ["s3: done"])
    #expect(book.requests == ["/d/a/s2": .process] && book.backlogRequests.count == 1)
    // One that goes is not waited for.
    _ = book.take(MadeUp.report("/d/a/s1", .gone))
    #expect(book.backlogRequests.isEmpty)
  }

  @Test func `A session that was busy as it was read is still waited for`() throws {
    var book = book()
    _ = book.take(MadeUp.settled("/d/s1"))
    #expect(book.askBacklog(below: nil).answer == .taken([], stillLookedAt: 1))
    let busy = InspectionOutcome.failed(Failure(.temporary, "s1", "is busy", remedy: ""))
    #expect(try names(inspect(&book, busy)) == ["s1: postponed"])
    #expect(book.backlogRequests.count == 1)
    _ = book.retry(at: .now + .seconds(3600))
    #expect(try names(inspect(&book, inspected)).contains("s1 is to process"))
    #expect(book.backlogRequests.isEmpty)
    // So it is where it is asked for while it is busy.
    _ = book.take(MadeUp.settled("/d/s2"))
    _ = try inspect(&book, busy)
    #expect(book.askBacklog(below: nil).answer == .taken([], stillLookedAt: 1))
  }

  @Test func `A session whose files were touched is judged anew, even if they are the same`() throws {
    var book = book()
    _ = book.take(MadeUp.settled("/d/s1"))
    #expect(try names(inspect(&book, inspected)) == ["s1: backlog"])
    _ = book.take(MadeUp.changing("/d/s1"))
    #expect(book.askBacklog(below: nil).answer == .taken([], stillLookedAt: 1))
    _ = book.take(MadeUp.settled("/d/s1"))
    #expect(try names(inspect(&book, inspected)) == ["s1 is to process", "s1: queued", "enqueue s1 f0,f1"])
  }

  @Test func `What has not been seen yet is taken when it is, until everything has been seen`() throws {
    var book = book(saw: false)
    #expect(book.askBacklog(below: "/d/a").answer == .taken([], stillLookedAt: nil))
    for name in ["a/s1", "a/s2", "b/s3"] { _ = book.take(MadeUp.settled(FilePath("/d/\(name)"))) }
    #expect(try names(inspect(&book, inspected)).first == "s1 is to process")
    _ = book.withdrawUnseen()
    #expect(book.backlogRequests.count == 1)
    #expect(try names(inspect(&book, inspected)).first == "s2 is to process")
    #expect(book.backlogRequests.isEmpty)
    #expect(try names(inspect(&book, inspected)) == ["s3: backlog"])
    _ = book.take(MadeUp.settled("/d/a/s4"))
    #expect(try names(inspect(&book, inspected)) == ["s4: backlog"])
  }

  @Test func `A reload keeps what was asked for and is being looked at, and no more`() throws {
    var first = book()
    for name in ["s1", "s2"] { _ = first.take(MadeUp.changing(FilePath("/d/\(name)"))) }
    _ = first.askBacklog(below: nil)
    var second = book(first.backlogRequests, saw: false)
    for name in ["s1", "s3"] { _ = second.take(MadeUp.settled(FilePath("/d/\(name)"))) }
    #expect(try names(inspect(&second, inspected)).first == "s1 is to process")
    #expect(try names(inspect(&second, inspected)) == ["s3: backlog"])
    // s2 was gone before everything had been seen.
    #expect(second.backlogRequests.count == 1)
    _ = second.withdrawUnseen()
    #expect(second.backlogRequests.isEmpty)
  }

  @Test func `So many requests are remembered, and one for each directory`() {
    var book = book(saw: false)
    for number in 0..<1_000 {
      for _ in 0..<2 { _ = book.askBacklog(below: FilePath("/d/\(number)")) }
    }
    #expect(book.backlogRequests.count == 1_000)
    #expect(book.askBacklog(below: "/d/x").answer == .notYet)
    #expect(book.askBacklog(below: "/d/7").answer == .taken([], stillLookedAt: nil))
  }

  // MARK: The intake

  private func intake() -> Intake {
    Intake(
      roots: [Self.old], template: SessionSource(directory: ""),
      inspect: { _, _ in .inspected(MadeUp.inspection()) }, recheck: { _ in }, onEvent: { _ in })
  }

  @Test func `Whether a session is known can be said only when everything has been seen`() async {
    let intake = intake()
    #expect(await intake.ask(.retry, of: "/d/s1") == .notYet)
    await intake.withdrawUnseen()
    #expect(await intake.ask(.retry, of: "/d/s1") == .unknown)
    await intake.stop()
    #expect(await intake.ask(.retry, of: "/d/s1") == .notYet)
    #expect(await intake.askBacklog() == .notYet)
  }
}

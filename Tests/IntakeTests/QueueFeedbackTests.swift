import SystemPackage
import Testing
import Vocabulary
import Watching

@testable import Intake

/// What the book thinks is queued, and what becomes of that.
@Suite struct QueueFeedbackTests {
  private let path: FilePath = "/data/s1"

  private func book(memory: [FilePath: QueuedWork] = [:]) -> SessionBook {
    SessionBook(
      roots: [IntakeRoot(backlog: .all)], template: SessionSource(directory: ""), memory: memory)
  }

  private func queuedBook() throws -> SessionBook {
    var book = book()
    _ = book.take(MadeUp.settled(path))
    let effects = try inspect(&book, .inspected(MadeUp.inspection()))
    #expect(names(effects) == ["s1: queued", "enqueue s1 f0,f1"])
    return book
  }

  @Test func `After a commit of all but the job that failed, that one is handed over, and once`() throws {
    var book = try queuedBook()
    for version in 2...3 as ClosedRange<Int64> {
      _ = book.take(MadeUp.changing(path))
      _ = book.take(MadeUp.settled(path, version: version))
      let jobs = [MadeUp.job(0, .current), MadeUp.job(1)]
      #expect(
        try names(inspect(&book, .inspected(MadeUp.inspection(version: version, jobs))))
          == (version == 2 ? ["s1: queued", "enqueue s1 f1"] : ["s1: queued"]))
    }
    // It shrinks to nothing, by a run by hand.
    _ = book.take(MadeUp.settled(path, version: 4))
    let jobs = [MadeUp.job(0, .current), MadeUp.job(1, .current)]
    #expect(
      try names(inspect(&book, .inspected(MadeUp.inspection(version: 4, jobs)))) == [
        "s1: done", "withdraw s1",
      ])
  }

  @Test func `Another directory at the same path is queued anew, with the same work`() throws {
    var book = try queuedBook()
    #expect(names(book.take(MadeUp.settled(path, inode: 77))) == ["withdraw s1", "s1: waiting"])
    #expect(
      try names(inspect(&book, .inspected(MadeUp.inspection()))) == ["s1: queued", "enqueue s1 f0,f1"])
  }

  @Test func `So it is where it has taken the place while the configuration was read anew`() throws {
    var book = book(memory: try queuedBook().queued)
    var same = book
    #expect(same.take(MadeUp.settled(path)).isEmpty)
    #expect(try names(inspect(&same, .inspected(MadeUp.inspection()))) == ["s1: queued"])
    #expect(names(book.take(MadeUp.settled(path, inode: 77))).first == "withdraw s1")
    #expect(try names(inspect(&book, .inspected(MadeUp.inspection()))) == ["s1: queued", "enqueue s1 f0,f1"])
  }

  @Test func `What the queue has thrown away is handed over anew, though it is the same`() throws {
    var book = try queuedBook()
    #expect(names(book.reconsider(path)) == ["s1: waiting"])
    #expect(book.queued.isEmpty)
    let next = book.nextInspection()
    let assignment = try #require(next)
    #expect(assignment.isAnew)
    #expect(
      names(book.take(.inspected(MadeUp.inspection()), of: assignment, at: .now)) == [
        "s1: queued", "enqueue s1 f0,f1",
      ])
    // Gone meanwhile, or never seen since the configuration was read anew: there is nothing to take back.
    _ = book.reconsider(path)
    #expect(book.take(MadeUp.report(path, .gone)).isEmpty && book.reconsider(path).isEmpty)
    var reloaded = self.book(memory: try queuedBook().queued)
    #expect(reloaded.reconsider(path).isEmpty && reloaded.withdrawUnseen().isEmpty)
  }

  @Test func `Another priority of a root is told of what is queued already, once`() throws {
    let before = IntakeRoot(backlog: .all, priority: 1)
    var book = SessionBook(roots: [before], template: SessionSource(directory: ""))
    _ = book.take(MadeUp.settled("/d/s1"))
    let inspected = InspectionOutcome.inspected(MadeUp.inspection())
    #expect(try names(inspect(&book, inspected)).last == "enqueue s1 f0,f1")
    // The configuration was read anew.
    let after = IntakeRoot(backlog: .all, priority: 7)
    var next = SessionBook(roots: [after], template: SessionSource(directory: ""), memory: book.queued)
    _ = next.take(MadeUp.settled("/d/s1"))
    #expect(try names(inspect(&next, inspected)) == ["s1: queued", "s1 has priority 7"])
    _ = next.take(MadeUp.settled("/d/s1", version: 2))
    let touched = InspectionOutcome.inspected(MadeUp.inspection(version: 2))
    #expect(try names(inspect(&next, touched)) == ["s1: queued"])
  }
}

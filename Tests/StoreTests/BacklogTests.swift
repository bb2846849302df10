import Testing
import Vocabulary

@testable import Store

@Suite struct BacklogTests {
  /// Condensed, as after a failure.
  private func condensed(_ changes: [StoreChange], _ bounds: Backlog.Bounds = .init()) -> Backlog {
    var backlog = Backlog(bounds)
    backlog.putBack(changes)
    return backlog
  }

  @Test func `Of every record only the latest waits, and a session waits before its jobs`() {
    let backlog = condensed([
      .session(Sample.session("/a")), .job(Sample.job("/a", 1)), .paused(true),
      .attemptBegan(Sample.attempt(1)), .job(Sample.job("/a", 1, .running)),
      .session(Sample.session("/a", .working)), .attemptEnded(Sample.end(1)), .paused(false),
    ])
    #expect(
      backlog.changes == [
        .session(Sample.session("/a", .working)), .job(Sample.job("/a", 1, .running)), .paused(false),
        .attemptBegan(Sample.attempt(1)), .attemptEnded(Sample.end(1)),
      ])
  }

  @Test func `What was forgotten takes along what came before it, and nothing that came after`() {
    let again: [StoreChange] = [.session(Sample.session("/a", .failed)), .job(Sample.job("/a", 2))]
    let backlog = condensed(
      Sample.changes("/a") + [.forgetSession(path: "/a")] + again
        + [.job(Sample.job("/a", 3)), .forgetJob(path: "/a", Sample.job("/a", 3).job)])
    #expect(
      backlog.changes == [.forgetSession(path: "/a")] + again + [
        .forgetJob(path: "/a", Sample.job("/a", 3).job)
      ])
  }

  @Test func `Names that only look alike do not supersede each other`() {
    let backlog = condensed([.session(Sample.session("/\u{E9}")), .session(Sample.session("/e\u{301}"))])
    #expect(backlog.changes.count == 2)
  }

  @Test func `The oldest attempts are left out and counted, and the oldest logs are emptied`() {
    let ends = (Int64(1)...6).map { StoreChange.attemptEnded(Sample.end($0, log: "0123456789")) }
    let backlog = condensed(ends, Backlog.Bounds(attempts: 4, logBytes: 25))
    #expect(backlog.droppedAttempts == 2)
    #expect(
      backlog.changes == [Sample.end(3), Sample.end(4)].map { .attemptEnded($0) } + ends.suffix(2))
  }

  @Test func `Too many records are left out, until all are to be written anew`() {
    var backlog = condensed(
      (0..<5).map { .session(Sample.session("/\($0)")) } + [.paused(true)], Backlog.Bounds(records: 4))
    #expect(backlog.lacksRecords && backlog.changes == [.paused(true)])
    backlog.add([.session(Sample.session("/x"))])
    #expect(backlog.changes == [.paused(true)])
    backlog.beginsAnew()
    backlog.add([.session(Sample.session("/x"))])
    #expect(!backlog.lacksRecords && backlog.changes.count == 2)
  }

  @Test func `However much is added, what waits stays bounded`() {
    var backlog = Backlog(Backlog.Bounds(attempts: 20, unsorted: 50))
    var most = 0
    for number in Int64(0)..<5000 {
      backlog.add([
        .session(Sample.session("/\(number % 7)")), .attemptBegan(Sample.attempt(number)),
        .attemptEnded(Sample.end(number)),
      ])
      most = max(most, backlog.changes.count)
    }
    #expect(most <= 60)
    #expect(backlog.droppedAttempts > 9000)
  }
}

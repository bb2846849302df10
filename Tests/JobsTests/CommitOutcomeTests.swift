import Testing
import Vocabulary

@testable import Jobs

@Suite struct CommitOutcomeTests {
  private static let script = UnfinishedScript(script: "a.py", attempted: "2026-01-02 03:04:05")

  @Test(
    arguments: [
      (.outdated("has changed"), "has changed", "try again"),
      (.waiting(script, until: 1), "a.py was begun at 2026-01-02 03:04:05 and has not ended", "--ignore-log"),
      (
        .missing([JobIdentity(region: "gc", taste: .index(3))]), "the results of region gc, taste 3 are gone",
        "try again"
      ),
    ] as [(CommitAnswer, String, String)])
  func `Whoever waits in the foreground is told to try again, and why`(
    answer: CommitAnswer, what: String, remedy: String
  ) {
    guard case .failed(let failure) = CommitOutcome(answer, in: "/data/a") else {
      Issue.record("is no failure")
      return
    }
    #expect(failure.code == .temporary && failure.place == "/data/a")
    #expect(failure.what.contains(what) && failure.remedy.contains(remedy))
  }

  @Test func `What is committed is committed`() {
    let summary = CommitSummary(h5: "a.h5", bytes: 1, ms: 2, exposedMs: 3)
    #expect(CommitOutcome(.committed(summary), in: "/data/a") == .committed(summary))
  }
}

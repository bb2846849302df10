import FoundationEssentials
import Testing
import Vocabulary
import Watching

@testable import Intake

@Suite struct SessionExplanationTests {
  private let watched = SessionExplanation.Watched.below(
    root: "/data", backend: "inotify", isKnown: true, settle: .seconds(10))

  private func explain(
    _ outcome: InspectionOutcome?, standing: SessionStanding? = nil,
    root: IntakeRoot? = IntakeRoot(backlog: .all)
  ) -> SessionExplanation {
    SessionExplanation(
      directory: "/data/s1", watched: watched, standing: standing ?? .waiting, outcome: outcome, root: root)
  }

  private func answers(_ explanation: SessionExplanation) -> [String] {
    explanation.steps.map { "\($0.question) \($0.answer.rawValue)" }
  }

  @Test func `The whole chain of a session with work`() {
    let explanation = explain(
      .inspected(MadeUp.inspection([MadeUp.job(0, .current), MadeUp.job(1, .stale)])))
    #expect(
      answers(explanation) == [
        "seen? yes", "settled? yes", "complete? yes", "sorted? yes", "new? yes", "work? yes",
      ])
    #expect(
      explanation.steps[3].detail == "execution_log.json: blech_make_arrays.py completed 2026-05-01 12:00:00")
    #expect(explanation.steps[5].detail == "2 jobs: 1 current, 1 stale")
    #expect(explanation.jobs.map(\.needed) == [false, true])
    #expect(explanation.live)
  }

  @Test(
    arguments: zip(
      [Unreadiness.incomplete, .notSorted, .beingResorted, .noSortedUnits, nil],
      ["complete? no", "sorted? no", "sorted? no", "sorted? no", "readable? no"]))
  func `The chain ends where a session is not ready`(unreadiness: Unreadiness?, last: String) {
    let failure = Failure(.badData, "/data/s1", "lacks something", remedy: "add it", unreadiness: unreadiness)
    let explanation = explain(.failed(failure))
    #expect(answers(explanation).last == last)
    #expect(explanation.steps.last?.detail == "/data/s1: lacks something; add it")
  }

  @Test func `A session of the backlog has nothing to do, and the chain says since when others have`() {
    let explanation = explain(
      .inspected(MadeUp.inspection()), root: IntakeRoot(backlog: .from(day: "2026-06-01")))
    #expect(answers(explanation).suffix(2) == ["new? no", "work? no"])
    #expect(explanation.steps[4].detail == "sorted 2026-05-01 12:00:00, before 2026-06-01")
    #expect(explanation.jobs.allSatisfy { !$0.needed })
  }

  @Test func `What a person has asked for is taken all the same`() {
    let done = MadeUp.inspection([MadeUp.job(0, .foreign)])
    for (inspection, request) in [
      (MadeUp.inspection(), SessionRequest.process), (done, .retrain), (done, .process),
    ] {
      let explanation = SessionExplanation(
        directory: "/data/s1", watched: watched, standing: nil, outcome: .inspected(inspection),
        root: IntakeRoot(backlog: .from(day: "2026-06-01")), request: request)
      let isWork = inspection != done || request == .retrain
      #expect(answers(explanation).suffix(2) == ["new? yes", isWork ? "work? yes" : "work? no"])
      #expect(explanation.jobs.allSatisfy { $0.needed == isWork })
    }
  }

  @Test func `What only a daemon knows is left open without one`() {
    let explanation = SessionExplanation(
      directory: "/data/s1", watched: .unwatched(roots: ["/data"]), standing: nil,
      outcome: .inspected(MadeUp.inspection()), root: nil)
    #expect(
      answers(explanation) == [
        "seen? unknown", "settled? unknown", "complete? yes", "sorted? yes", "new? unknown", "work? yes",
      ])
    #expect(!explanation.live && explanation.state == "queued")
  }

  @Test func `A directory outside of what is watched is said to be so`() {
    let explanation = SessionExplanation(
      directory: "/x", watched: .outside(roots: ["/data"]), standing: nil, outcome: nil, root: nil)
    #expect(answers(explanation) == ["seen? no"] && explanation.state == "not watched")
  }

  @Test func `A journal, and results that cannot be written, are shown`() {
    #expect(answers(explain(.needsRecovery(["/data/s1"]))).last == "whole? no")
    let obstacle = Failure(.cannotWrite, "/data/s1", "is read-only", remedy: "")
    let explanation = explain(.inspected(MadeUp.inspection(obstacle: obstacle)))
    #expect(answers(explanation).suffix(2) == ["work? yes", "writable? no"])
  }

  @Test func `It goes through JSON and back`() throws {
    let explanation = explain(
      .inspected(MadeUp.inspection()), standing: .bad(Failure(.badData, "a", "b", remedy: ""), retry: .now))
    let data = try JSONEncoder().encode(explanation)
    #expect(try JSONDecoder().decode(SessionExplanation.self, from: data) == explanation)
    #expect(explanation.state == "bad")
  }
}

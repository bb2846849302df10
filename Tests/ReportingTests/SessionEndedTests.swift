import Foundation
import Reporting
import Testing
import Vocabulary

@Suite struct SessionEndedTests {
  private static func job(_ taste: TasteIdentity, region: String = "gc", name: String = "NaCl") -> PlannedJob
  {
    PlannedJob(
      identity: JobIdentity(region: region, taste: taste), digIns: ["dig_in_0"], tasteName: name,
      unitRows: [0, 1], trialsPerTaste: [30], laserTrials: 0, fingerprint: "f", existing: .none)
  }

  private static let summary = JobSummary(
    origin: .trained, units: 2, trials: 30, steps: 1500, bestStep: 1399, trainingLoss: 0.5,
    validationLoss: 0.625, bitsPerSpike: 0.25, psthBitsPerSpike: 0.125, seconds: 12.5,
    warnings: ["it does not beat the PSTH"])

  private static func document(_ jobs: [SessionEnded.Job], failure: Failure? = nil) -> SessionEnded {
    SessionEnded(
      directory: "/data/a", outcome: .partlyDone, jobs: jobs, failure: failure,
      started: "2026-11-25T10:00:00Z", finished: "2026-11-25T10:30:00Z", h5: "/data/a/a.h5",
      software: "blechd 1")
  }

  @Test func `The document looks as the documentation says`() throws {
    let document = Self.document([
      .init(Self.job(.index(0)), inferred: Self.summary),
      .init(
        Self.job(.all, region: "all", name: "all"),
        failed: Failure(.badData, "/data/a/a.h5", "is broken", remedy: "mend it")),
    ])
    let text = try JSONDocument.text(document)
    #expect(
      text == """
        {
          "directory" : "/data/a",
          "finished" : "2026-11-25T10:30:00Z",
          "h5" : "/data/a/a.h5",
          "jobs" : [
            {
              "best_step" : 1399,
              "bits_per_spike" : 0.25,
              "psth_bits_per_spike" : 0.125,
              "region" : "gc",
              "seconds" : 12.5,
              "state" : "inferred",
              "taste" : "0",
              "taste_name" : "NaCl",
              "training_loss" : 0.5,
              "validation_loss" : 0.625,
              "warnings" : [
                "it does not beat the PSTH"
              ]
            },
            {
              "failure" : "/data/a/a.h5: is broken; mend it",
              "region" : "all",
              "state" : "failed",
              "taste" : "all",
              "taste_name" : "all",
              "warnings" : [

              ]
            }
          ],
          "jobs_left_out" : 0,
          "outcome" : "partly_done",
          "software" : "blechd 1",
          "started" : "2026-11-25T10:00:00Z",
          "version" : 1
        }

        """)
    #expect(try JSONDocument.decode(SessionEnded.self, from: Array(text.utf8)) == document)
  }

  @Test func `Words for outcomes and states are what the documentation lists`() throws {
    #expect(try Self.documented("outcome") == SessionEnded.Outcome.allCases.map(\.rawValue))
    #expect(try Self.documented("jobs[].state") == SessionEnded.Job.State.allCases.map(\.rawValue))
  }

  /// The words that the documentation has for a member: those before each colon or semicolon of its row.
  private static func documented(_ member: String) throws -> [String] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: root.appending(path: "docs/daemon.md"), encoding: .utf8)
    let row = try #require(text.split(separator: "\n").first { $0.hasPrefix("| `\(member)` | ") })
    return row.split(separator: "`").dropFirst(2).enumerated().filter { $0.offset % 2 == 1 }.map {
      String($0.element)
    }
  }

  @Test func `A session that failed as a whole says why, in a line`() {
    let document = Self.document([], failure: Failure(.cannotWrite, "/data/a\nb", "is full", remedy: ""))
    #expect(document.failure == #"/data/a\u{a}b: is full"#)
    #expect(Self.document([]).failure == nil)
  }

  @Test func `A thousand jobs are told, the others counted`() {
    let jobs = (0..<1200).map { SessionEnded.Job(Self.job(.index($0)), .cancelled) }
    let document = Self.document(jobs)
    #expect(document.jobs.count == 1000 && document.jobsLeftOut == 200)
    #expect(document.jobs.last?.taste == "999")
  }

  @Test func `A loss that is no number is still a document`() throws {
    var summary = Self.summary
    summary.trainingLoss = .infinity
    let document = Self.document([.init(Self.job(.index(0)), inferred: summary)])
    let text = try JSONDocument.text(document)
    #expect(text.contains(#""training_loss" : "inf""#))
    #expect(try JSONDocument.decode(SessionEnded.self, from: Array(text.utf8)) == document)
  }
}

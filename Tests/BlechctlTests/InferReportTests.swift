import FoundationEssentials
import Parameters
import Testing
import Vocabulary
import WorkerProtocol

@testable import Jobs
@testable import blechctl

@Suite struct InferReportTests {
  private static let failure = Failure(.badData, "/data/a/a.h5", "is broken", remedy: "mend it")

  private static func job(_ taste: Int, region: String = "all", name: String = "NaCl") -> PlannedJob {
    PlannedJob(
      identity: JobIdentity(region: region, taste: .index(taste)), digIns: ["dig_in_\(taste)"],
      tasteName: name, unitRows: [0, 1, 2], trialsPerTaste: [30], laserTrials: 0, fingerprint: "f\(taste)",
      existing: .none)
  }

  private static func summary(
    trainingLoss: Double? = 0.5, bits: Double? = 0.1234, warnings: [String] = []
  ) -> JobSummary {
    JobSummary(
      origin: .trained, units: 3, trials: 30, steps: 1500, bestStep: 1399, trainingLoss: trainingLoss,
      validationLoss: 0.61234, bitsPerSpike: bits, psthBitsPerSpike: 0.05, seconds: 12.34, warnings: warnings)
  }

  private static func report(
    _ outcomes: [(PlannedJob, JobOutcome)], commit: CommitOutcome? = nil, notices: [String] = []
  ) -> SessionReport {
    let inspection = Inspection(
      name: "AM99", h5: "AM99.h5", stamps: [:], parameters: .default, stimulus: 2000,
      jobs: outcomes.map(\.0), notices: notices)
    var report = SessionReport(inspection, directory: "/data/a")
    for (job, outcome) in outcomes { report.jobs[job.identity] = outcome }
    report.commit = commit
    return report
  }

  private static let committed = CommitOutcome.committed(
    CommitSummary(h5: "/data/a/AM99.h5", bytes: 10, ms: 2, exposedMs: 1))

  private func text(_ outcome: Result<SessionReport, Failure>) -> String {
    InferReport(results: [SessionResult(directory: "/data/a", outcome: outcome)], exitCode: .success).text
  }

  private func session(_ outcome: Result<SessionReport, Failure>) throws -> [String: Any] {
    let report = InferReport(
      results: [SessionResult(directory: "/data/a", outcome: outcome)], exitCode: .partial)
    let document = try #require(JSON(report.json()).object)
    #expect(document["version"] as? Int == 1)
    #expect(document["exit_code"] as? Int == 1)
    return try #require((document["sessions"] as? [[String: Any]])?.first)
  }

  // MARK: For people

  @Test func `A session that was inferred is a table, its warnings footnotes, and says where it went`() {
    let report = Self.report(
      [
        (Self.job(0), .inferred(Self.summary(warnings: ["first", "second"]))),
        (Self.job(1, region: "gc", name: "Water"), .inferred(Self.summary(trainingLoss: nil, bits: nil))),
        (Self.job(2), .failed(Self.failure)), (Self.job(3), .upToDate), (Self.job(4), .keptForeign),
      ], commit: Self.committed, notices: ["something to know"])
    let lines = text(.success(report)).split(separator: "\n").map(String.init)
    #expect(lines[0] == "AM99: something to know")
    #expect(lines[1].hasPrefix("taste"))
    #expect(words(lines[2]) == "taste 0 NaCl 3 30 1500 1399 0.5000 0.6123 0.123 0.050 12.3 [1] [2]")
    #expect(words(lines[3]) == "gc taste 1 Water 3 30 1500 1399 - 0.6123 - 0.050 12.3")
    #expect(words(lines[4]) == "taste 2 NaCl 3 30 FAILED [3]")
    #expect(words(lines[5]) == "taste 3 NaCl 3 30 up to date")
    #expect(words(lines[6]) == "taste 4 NaCl 3 30 kept: another program's")
    #expect(
      lines[7...] == [
        "[1] taste 0 NaCl: first", "[2] taste 0 NaCl: second",
        "[3] taste 2 NaCl: /data/a/a.h5: is broken; mend it",
        "written to /data/a/AM99.h5, /rnn_output/regions",
      ])
  }

  @Test(
    arguments: [
      ([.upToDate], "1 result is up to date"), ([.upToDate, .upToDate], "2 results are up to date"),
      (
        [.keptForeign],
        "1 was written by another program and kept (--retrain replaces them)"
      ),
      (
        [.upToDate, .keptForeign, .keptForeign],
        "1 result is up to date; 2 were written by another program and kept (--retrain replaces them)"
      ),
    ] as [([JobOutcome], String)])
  func `Where nothing is to do it is said why`(outcomes: [JobOutcome], reason: String) {
    let jobs = outcomes.enumerated().map { (Self.job($0.offset), $0.element) }
    #expect(text(.success(Self.report(jobs))) == "AM99: nothing to do, \(reason)\n")
  }

  @Test func `Results that could not be written are said to be nowhere, and on stderr why`() {
    let jobs = [(Self.job(0), JobOutcome.inferred(Self.summary()))]
    for (outcome, errors) in [
      (.success(Self.report(jobs, commit: .failed(Self.failure))), ["blechctl: \(Self.failure)"]),
      (.success(Self.report([(Self.job(0), .failed(Self.failure))])), []),
      (.failure(Self.failure), ["blechctl: /data/a/a.h5: is broken; mend it"]),
    ] as [(Result<SessionReport, Failure>, [String])] {
      let report = InferReport(
        results: [SessionResult(directory: "/data/a", outcome: outcome)], exitCode: .badData)
      if case .success(let session) = outcome {
        let last = session.commit == nil ? "nothing was written" : "the results are not in the .h5"
        #expect(report.text.hasSuffix("\n\(last)\n"))
      }
      if case .failure = outcome { #expect(report.text == "") }
      #expect(report.errors == errors)
    }
  }

  @Test func `Names that a file holds cannot steer the terminal`() {
    let report = Self.report(
      [
        (
          Self.job(0, region: "g\u{9B}c", name: "Na\u{1B}[2JCl\n"),
          .inferred(Self.summary(warnings: ["a\rb"]))
        )
      ],
      commit: .committed(CommitSummary(h5: "/data/a\u{7}.h5", bytes: 1, ms: 2, exposedMs: 1)),
      notices: ["\u{1B}]0;title"])
    let controls = text(.success(report)).unicodeScalars.filter {
      $0.properties.generalCategory == .control && $0 != "\n"
    }
    #expect(controls.isEmpty, "\(controls)")
    #expect(text(.success(report)).split(separator: "\n").count == 5)
  }

  // MARK: For programs

  @Test func `The document names everything that the table shows`() throws {
    let report = Self.report(
      [(Self.job(0), .inferred(Self.summary(warnings: ["careful"]))), (Self.job(1), .failed(Self.failure))],
      commit: Self.committed, notices: ["notice"])
    let session = try session(.success(report))
    #expect(session["state"] as? String == "partial")
    #expect(session["name"] as? String == "AM99")
    #expect(session["h5"] as? String == "/data/a/AM99.h5")
    #expect(session["notices"] as? [String] == ["notice"])
    let jobs = try #require(session["jobs"] as? [[String: Any]])
    #expect(jobs.map { $0["state"] as? String } == ["inferred", "failed"])
    #expect(jobs[0]["taste"] as? String == "0")
    #expect(jobs[0]["taste_name"] as? String == "NaCl")
    #expect(jobs[0]["dig_ins"] as? [String] == ["dig_in_0"])
    let result = try #require(jobs[0]["result"] as? [String: Any])
    #expect(result["best_step"] as? Int == 1399)
    #expect(result["bits_per_spike"] as? Double == 0.1234)
    #expect(result["warnings"] as? [String] == ["careful"])
    let error = try #require(jobs[1]["error"] as? [String: Any])
    #expect(error["code"] as? Int == 65)
    #expect(error["remedy"] as? String == "mend it")
  }

  @Test func `The state of a session follows from its jobs and its commit`() throws {
    let inferred = (Self.job(0), JobOutcome.inferred(Self.summary()))
    let failed = (Self.job(1), JobOutcome.failed(Self.failure))
    let cases: [(SessionReport, String)] = [
      (Self.report([inferred], commit: Self.committed), "done"),
      (Self.report([(Self.job(0), .upToDate)]), "nothing_to_do"),
      (Self.report([inferred, failed], commit: Self.committed), "partial"),
      (Self.report([inferred], commit: .failed(Self.failure)), "failed"),
      (Self.report([failed]), "failed"),
      (Self.report([inferred, (Self.job(2), .upToDate)], commit: .failed(Self.failure)), "partial"),
      (Self.report([inferred, (Self.job(2), .keptForeign)], commit: .failed(Self.failure)), "partial"),
    ]
    for (report, state) in cases { #expect(try session(.success(report))["state"] as? String == state) }
    #expect(try session(.failure(Self.failure))["state"] as? String == "failed")
  }

  @Test func `Numbers that JSON does not know are text`() throws {
    let report = Self.report(
      [(Self.job(0), .inferred(Self.summary(trainingLoss: .nan, bits: -.infinity)))], commit: Self.committed)
    let jobs = try #require(try session(.success(report))["jobs"] as? [[String: Any]])
    let result = try #require(jobs[0]["result"] as? [String: Any])
    #expect(result["training_loss"] as? String == "nan")
    #expect(result["bits_per_spike"] as? String == "-inf")
  }

  private func words(_ line: String) -> String { line.split(separator: " ").joined(separator: " ") }
}

/// JSON of any shape, for tests that must not depend on the types that wrote it.
private struct JSON: Decodable {
  let value: Any
  var object: [String: Any]? { value as? [String: Any] }

  init(_ text: String) throws { self = try JSONDecoder().decode(JSON.self, from: Data(text.utf8)) }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    value =
      if let value = try? container.decode(Bool.self) {
        value
      } else if let value = try? container.decode(Int.self) {
        value
      } else if let value = try? container.decode(Double.self) {
        value
      } else if let value = try? container.decode(String.self) {
        value
      } else if let value = try? container.decode([String: JSON].self) { value.mapValues(\.value) } else {
        try container.decode([JSON].self).map(\.value)
      }
  }
}

import Jobs
import Reporting
import Terminal
import Vocabulary
import WorkerProtocol

/// How one directory of the command line fared.
struct SessionResult: Sendable {
  let directory: String
  let outcome: Result<SessionReport, Failure>

  var failures: [Failure] {
    switch outcome {
    case .success(let report): report.failures
    case .failure(let failure): [failure]
    }
  }

  var hasSuccess: Bool {
    if case .success(let report) = outcome { report.hasSuccess } else { false }
  }
}

/// What `infer` says at its end.
struct InferReport {
  let results: [SessionResult]
  let exitCode: ExitCode

  // MARK: For people

  var text: String {
    results.compactMap { try? $0.outcome.get() }.map(Self.text).joined(separator: "\n")
  }

  /// What kept a session as a whole from getting its results, a line each. Jobs that failed are in the table.
  var errors: [String] {
    results.compactMap { result in
      switch result.outcome {
      case .failure(let failure): failure
      case .success(let report):
        if case .failed(let failure) = report.commit { failure } else { nil }
      }
    }.map { "blechctl: \($0)" }
  }

  private static func text(_ report: SessionReport) -> String {
    var lines = report.inspection.notices.map { "\(report.inspection.name): \($0)" }
    if report.hasNothingToDo {
      lines.append("\(report.inspection.name): nothing to do, \(upToDate(report))")
      return joined(lines)
    }
    var notes: [String] = []
    lines += table(report, notes: &notes).lines
    lines += notes.enumerated().map { "[\($0.offset + 1)] \($0.element)" }
    switch report.commit {
    case .committed(let summary): lines.append("written to \(summary.h5), /rnn_output/regions")
    case .failed: lines.append("the results are not in the .h5")
    case nil: lines.append("nothing was written")
    }
    return joined(lines)
  }

  /// Names in the lines come from files.
  private static func joined(_ lines: [String]) -> String {
    lines.map { $0.escapingControls + "\n" }.joined()
  }

  private static func upToDate(_ report: SessionReport) -> String {
    let foreign = report.jobs.values.count { $0 == .keptForeign }
    let current = report.jobs.count - foreign
    var parts: [String] = []
    if current > 0 { parts.append("\(current) result\(current == 1 ? " is" : "s are") up to date") }
    if foreign > 0 {
      parts.append(
        "\(foreign) \(foreign == 1 ? "was" : "were") written by another program and kept (--retrain replaces them)"
      )
    }
    return parts.joined(separator: "; ")
  }

  private static func table(_ report: SessionReport, notes: inout [String]) -> Table {
    var table = Table([
      ("taste", .left), ("units", .right), ("trials", .right), ("steps", .right), ("best step", .right),
      ("train loss", .right), ("validation loss", .right), ("bits/spike", .right), ("PSTH", .right),
      ("seconds", .right), ("warnings", .left),
    ])
    for job in report.inspection.jobs {
      guard let outcome = report.jobs[job.identity] else { continue }
      var cells = [job.label, "\(job.unitRows.count)", "\(job.trials)"]
      switch outcome {
      case .inferred(let summary):
        cells += numbers(summary)
        cells.append(references(summary.warnings, job, &notes))
      case .failed(let failure):
        cells += Array(repeating: "", count: 7) + ["FAILED " + references([failure.description], job, &notes)]
      case .upToDate: cells += Array(repeating: "", count: 7) + ["up to date"]
      case .keptForeign: cells += Array(repeating: "", count: 7) + ["kept: another program's"]
      }
      table.append(cells)
    }
    return table
  }

  private static func numbers(_ summary: JobSummary) -> [String] {
    func text(_ value: Double?, _ decimals: Int) -> String {
      value.map { Number.text($0, decimals: decimals) } ?? "-"
    }
    return [
      "\(summary.steps)", summary.bestStep.map { "\($0)" } ?? "-", text(summary.trainingLoss, 4),
      text(summary.validationLoss, 4), text(summary.bitsPerSpike, 3), text(summary.psthBitsPerSpike, 3),
      text(summary.seconds, 1),
    ]
  }

  /// The numbers under which the table's footnotes say what each warning is.
  private static func references(_ warnings: [String], _ job: PlannedJob, _ notes: inout [String]) -> String {
    warnings.map { warning in
      notes.append("\(job.label): \(warning)")
      return "[\(notes.count)]"
    }.joined(separator: " ")
  }

  // MARK: For programs

  func json() throws -> String {
    try JSONDocument.text(
      InferDocument(exitCode: exitCode.rawValue, sessions: results.map(InferDocument.Session.init)))
  }
}

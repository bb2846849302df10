import Jobs
import Reporting
import Terminal
import Vocabulary

/// What `doctor` says at its end.
struct DoctorReport {
  let lines: [DoctorLine]

  init(_ lines: [DoctorLine]) { self.lines = lines }

  var exitCode: ExitCode {
    let failures = lines.compactMap { line -> Failure? in
      guard case .problem(let code, _) = line.state else { return nil }
      return Failure(code, line.subject, line.fact, remedy: "")
    }
    return .combining(failures, hasSuccess: false)
  }

  // MARK: For people

  var text: String {
    var table = Table([("STATE", .left), ("CHECK", .left), ("SUBJECT", .left), ("FACT", .left)])
    for line in lines { table.append([line.state.name, line.check.rawValue, line.subject, line.fact]) }
    let rows = table.lines
    var text = rows[0] + "\n"
    for (row, line) in zip(rows.dropFirst(), lines) {
      text += row + "\n"
      for mend in line.mend { text += "    -> \(mend.escapingControls)\n" }
    }
    return text + "\n\(summary)\n"
  }

  private var summary: String {
    func count(_ name: String) -> Int { lines.count { $0.state.name == name } }
    let (problems, warnings) = (count("problem"), count("warning"))
    if problems + warnings == 0 { return "Everything is in order." }
    func text(_ count: Int, _ name: String) -> String { "\(count) \(name)\(count == 1 ? "" : "s")" }
    return "\(text(problems, "problem")), \(text(warnings, "warning"))."
      + (problems == 0 ? " blechd can be used." : "")
  }

  // MARK: For programs

  func json() throws -> String { try JSONDocument.text(Document(self)) }

  private struct Document: Encodable {
    struct Line: Encodable {
      let check: String
      /// ok, warning or problem.
      let state: String
      let subject: String
      let fact: String
      /// Commands and edits.
      let mend: [String]
    }

    let version = 1
    let exitCode: Int32
    let lines: [Line]

    init(_ report: DoctorReport) {
      exitCode = report.exitCode.rawValue
      lines = report.lines.map {
        Line(
          check: $0.check.rawValue, state: $0.state.name, subject: $0.subject, fact: $0.fact, mend: $0.mend)
      }
    }
  }
}

extension DoctorLine.State {
  fileprivate var name: String {
    switch self {
    case .ok: "ok"
    case .warning: "warning"
    case .problem: "problem"
    }
  }
}

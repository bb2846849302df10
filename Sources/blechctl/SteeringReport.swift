import Reporting
import Vocabulary

/// What a command that steers says at its end.
struct SteeringReport {
  private var entries: [(directory: String?, result: Result<SteeringAnswer, Failure>)] = []

  /// How many sessions are listed for people.
  private static let mostListed = 20

  /// - Parameter directory: as it was typed; nil where the whole daemon is concerned.
  mutating func add(_ result: Result<SteeringAnswer, Failure>, for directory: String? = nil) {
    entries.append((directory, result))
  }

  private var failures: [Failure] {
    entries.compactMap { if case .failure(let failure) = $0.result { failure } else { nil } }
  }

  var exitCode: ExitCode { .combining(failures, hasSuccess: failures.count < entries.count) }

  // MARK: For people

  var text: String {
    entries.compactMap { try? $0.result.get() }.flatMap(Self.lines).map { $0.escapingControls + "\n" }
      .joined()
  }

  /// A line each; what holds for several directories is told once.
  var errors: [String] {
    failures.map { "blechctl: \($0)" }.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// One session is named by the message.
  private static func lines(_ answer: SteeringAnswer) -> [String] {
    let count = answer.sessions.count + answer.sessionsLeftOut
    guard count > 1 else { return [answer.message] }
    let listed = answer.sessions.prefix(mostListed)
    let others = count - listed.count
    return [answer.message] + listed.map { "  " + $0 } + (others > 0 ? ["  and \(others) more"] : [])
  }

  // MARK: For programs

  func json() throws -> String { try JSONDocument.text(Document(self)) }

  fileprivate struct Document: Encodable {
    /// With an answer or an error.
    struct Outcome: Encodable {
      let directory: String?
      var answer: SteeringAnswer?
      var error: Failure?
    }

    let version = 1
    let exitCode: Int32
    let results: [Outcome]

    init(_ report: SteeringReport) {
      exitCode = report.exitCode.rawValue
      results = report.entries.map { entry in
        switch entry.result {
        case .success(let answer): Outcome(directory: entry.directory, answer: answer)
        case .failure(let failure): Outcome(directory: entry.directory, error: failure)
        }
      }
    }
  }
}

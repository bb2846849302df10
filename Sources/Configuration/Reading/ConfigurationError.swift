import FileAccess
import Vocabulary

/// One thing that is wrong with a configuration.
public struct ConfigurationProblem: Equatable, Sendable {
  /// From 1; nil where the whole file is concerned.
  public let line: Int?
  /// Such as `watch[1].backend`, counted from 0; empty where no key is concerned.
  public let key: String
  /// What was found, and what is allowed.
  public let what: String
}

/// A configuration that cannot be used, with everything that is wrong with it.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible, Sendable {
  public let file: String
  /// How a program ends that cannot go on without.
  public let code: ExitCode
  /// In the order of their lines; never empty.
  public let problems: [ConfigurationProblem]

  init(file: String, _ problems: [ConfigurationProblem]) {
    self.file = file
    code = .badConfiguration
    self.problems = problems
  }

  /// The file cannot be read.
  init(file: String, _ error: FileError) {
    let failure = error.failure()
    self.file = file
    code = failure.code == .notPermitted ? .notPermitted : .badConfiguration
    let remedy = failure.remedy.isEmpty ? "" : "; \(failure.remedy)"
    problems = [ConfigurationProblem(line: nil, key: "", what: failure.what + remedy)]
  }

  /// One line for each problem: `FILE:LINE: KEY: WHAT`, control characters escaped.
  public var lines: [String] {
    problems.map { problem in
      let place = problem.line.map { "\(file):\($0)" } ?? file
      return "\(place): \(problem.key.isEmpty ? "" : "\(problem.key): ")\(problem.what)".escapingControls
    }
  }

  public var description: String { lines.joined(separator: "\n") }

  /// As a program that can tell but one line is told it: the first problem, and how many there are.
  public var failure: Failure {
    let (first, count) = (problems[0], problems.count)
    let place = first.line.map { "\(file):\($0)" } ?? file
    return Failure(
      code, place, (first.key.isEmpty ? "" : "\(first.key): ") + first.what,
      remedy: count == 1 ? "" : "and \(count - 1) more: see blechctl config check \(file)")
  }
}

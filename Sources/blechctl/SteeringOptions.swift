import ArgumentParser
import Control
import Reporting
import Terminal
import Vocabulary

/// What all commands that steer the daemon share.
struct SteeringOptions: ParsableArguments {
  @OptionGroup(title: "Which daemon")
  var daemon: DaemonOptions
  @Flag(help: "Print one JSON document.")
  var json = false

  /// The end of what each of these commands says of itself.
  static let whoMay =
    "Root may do this, the user that the daemon runs as, and the members of its control_group; nobody else."

  /// Asks for one thing.
  func steer(_ verb: ControlRequest.Verb) async throws {
    var report = SteeringReport()
    do throws(Failure) {
      report.add(.success(try await ask(verb)))
    } catch {
      report.add(.failure(error))
    }
    try finish(report)
  }

  /// Asks for the same thing for each directory. All are tried, unless there is nobody to ask.
  func steer(_ directories: [String], _ verb: (_ directory: String) -> ControlRequest.Verb) async throws {
    var report = SteeringReport()
    for directory in directories {
      do throws(Failure) {
        report.add(.success(try await ask(verb(try SessionPath.resolved(directory)))), for: directory)
      } catch {
        report.add(.failure(error), for: directory)
        if error.isAbsence { break }
      }
    }
    try finish(report)
  }

  private func ask(_ verb: ControlRequest.Verb) async throws(Failure) -> SteeringAnswer {
    let answer = try await daemon.ask(verb, timeout: DaemonOptions.longestAnswer)
    guard let decoded = try? JSONDocument.decode(SteeringAnswer.self, from: answer),
      decoded.verb == SteeringAnswer.Verb(verb)
    else { throw Failure.unknownAnswer }
    return decoded
  }

  private func finish(_ report: SteeringReport) throws {
    print(json ? try report.json() : report.text, terminator: "")
    StandardError.write(report.errors.map { $0 + "\n" }.joined())
    if report.exitCode != .success { throw ArgumentParser.ExitCode(report.exitCode.rawValue) }
  }
}

extension SteeringAnswer.Verb {
  /// What an answer to a request says that it is to; nil where the request steers nothing.
  init?(_ request: ControlRequest.Verb) {
    switch request {
    case .retry: self = .retry
    case .retrain: self = .retrain
    case .cancel: self = .cancel
    case .first: self = .first
    case .pause: self = .pause
    case .resume: self = .resume
    case .process: self = .process
    case .processBacklog: self = .processBacklog
    case .reload: self = .reload
    case .status, .why: return nil
    }
  }
}

/// The sessions that are meant.
struct SessionArguments: ParsableArguments {
  @Argument(help: ArgumentHelp("Directories of sessions.", valueName: "session"))
  var directories: [String]

  func validate() throws {
    if directories.isEmpty { throw ValidationError("Name at least one session's directory.") }
  }
}

import ArgumentParser
import Configuration
import Control
import FoundationEssentials
import Vocabulary

/// Which daemon is meant.
struct DaemonOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The runtime directory of the daemon that is meant.", valueName: "dir"))
  var runtimeDirectory: String?
  @Flag(help: "The machine's daemon.")
  var system = false
  @Flag(help: "Your own daemon.")
  var user = false

  func validate() throws {
    if [runtimeDirectory != nil, system, user].count(where: { $0 }) > 1 {
      throw ValidationError("Use one of --runtime-directory, --system and --user.")
    }
  }

  /// Enough for what the daemon takes its time for, such as reading a large session: it gives up itself after a minute.
  static let longestAnswer = Duration.seconds(70)

  /// Where a daemon is looked for, in this order.
  ///
  /// - Throws: `Failure` where a person's own daemon is meant and the environment does not tell where it would be.
  func places(
    _ environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(Failure) -> [RuntimeDirectory] {
    if let runtimeDirectory { return [RuntimeDirectory(path: runtimeDirectory)] }
    if system { return [.system] }
    if user { return [try RuntimeDirectory.find(environment: environment)] }
    // Without $HOME, as in a cron job, there is still the machine's.
    return [.system] + [try? RuntimeDirectory.find(environment: environment)].compactMap(\.self)
  }

  /// Asks the first daemon that runs.
  ///
  /// - Throws: `.unavailable` where none runs, and what the daemon itself says.
  func ask(_ verb: ControlRequest.Verb, timeout: Duration = .seconds(10)) async throws(Failure) -> [UInt8] {
    var absence: Failure?
    for place in try places() {
      do throws(Failure) {
        return try await ControlClient(path: place.controlSocket).ask(verb, timeout: timeout)
      } catch {
        guard error.isAbsence else { throw error }
        absence = absence ?? error
      }
    }
    throw absence ?? Failure(.unavailable, "blechd", "is not running", remedy: "start it")
  }
}

extension Failure {
  /// The daemon has given an answer of another kind than its verb has.
  static let unknownAnswer = Failure(
    .internalError, "blechd", "answered what blechctl does not understand",
    remedy: "install blechd and blechctl of one version")

  /// Nobody listens, unlike a daemon that does not answer.
  var isAbsence: Bool { code == .unavailable && what == ControlClient.absence }
}

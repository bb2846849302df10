import ArgumentParser
import FoundationEssentials
import Glibc
import Jobs
import Terminal
import Vocabulary
import WorkerProtocol

struct RecoverCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recover",
    abstract: "Undo what an interrupted commit has left of an .h5.",
    discussion: """
      A commit that was cut short (a power cut, a killed process) leaves a journal beside the .h5, \
      .NAME.h5.blechd-journal. Recovery gives the .h5 its old content back and removes the journal. blechd does \
      it by itself before it opens such a file; until then no other program should. A journal that does not fit \
      its .h5 is refused, and both are left as they are.
      """)

  @Argument(
    help: ArgumentHelp("Files, or directories to be searched with all that is below.", valueName: "dir|file"))
  var paths: [String]
  @Flag(
    help: "Ask whether to set aside journals that recovery refuses, and keep those .h5 files as they are.")
  var discardJournal = false
  @Flag(help: "Do not ask.")
  var yes = false
  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    if paths.isEmpty { throw ValidationError("Name at least one .h5 or directory.") }
    if yes && !discardJournal { throw ValidationError("--yes goes with --discard-journal.") }
    if discardJournal && !yes && isatty(STDIN_FILENO) != 1 {
      throw ValidationError("--discard-journal asks before it acts: run it on a terminal, or add --yes.")
    }
  }

  func run() async throws {
    var report = RecoveryReport()
    for path in paths { report.add(await recover(path, discardsRefused: false), at: path) }
    if discardJournal, !report.refused.isEmpty, yes || confirm(&report) {
      for file in report.refused { report.add(await recover(file, discardsRefused: true), at: file) }
    }
    print(json ? try report.json() : report.text, terminator: "")
    StandardError.write(report.takeErrors().map { $0 + "\n" }.joined())
    if report.exitCode != .success { throw ArgumentParser.ExitCode(report.exitCode.rawValue) }
  }

  private func recover(_ path: String, discardsRefused: Bool) async -> Result<[RecoverySummary], Failure> {
    do throws(Failure) {
      let task = RecoverTask(path: path, searchesBelow: true, discardsRefused: discardsRefused)
      guard case .recovered(let found) = try await runWorker(.recover(task)) else {
        throw Failure.unexpectedAnswer
      }
      return .success(found)
    } catch {
      return .failure(error)
    }
  }

  private func confirm(_ report: inout RecoveryReport) -> Bool {
    StandardError.write(report.takeErrors().map { $0 + "\n" }.joined())
    StandardError.write(
      "Set \(report.refused.count == 1 ? "this journal" : "these journals") aside and keep the .h5 as it is, even if "
        + "it is neither its old nor its new self? Type yes: ")
    return readLine(strippingNewline: true) == "yes"
  }
}

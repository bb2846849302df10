import ArgumentParser
import Configuration
import Control
import FoundationEssentials
import Intake
import Jobs
import Reporting
import Terminal
import Vocabulary
import WorkerProtocol

struct WhyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "why",
    abstract: "Say where a session stands, and why.",
    discussion: """
      Shows the chain of decisions for one directory: seen, settled, complete, sorted, new, what is to be inferred. A \
      running daemon answers; without one it is worked out from the configuration and the directory.
      """)

  @Argument(help: ArgumentHelp("The session's directory.", valueName: "session"))
  var directory: String
  @OptionGroup(title: "Which daemon")
  var daemon: DaemonOptions
  @Option(help: ArgumentHelp("The configuration, where no daemon runs.", valueName: "file"))
  var config: String?
  @Flag(help: "Print one JSON document.")
  var json = false

  func run() async throws {
    let path = try SessionPath.resolved(directory)
    let explanation: SessionExplanation
    do throws(Failure) {
      let answer = try await daemon.ask(.why(directory: path), timeout: DaemonOptions.longestAnswer)
      guard let decoded = try? JSONDocument.decode(SessionExplanation.self, from: answer) else {
        throw Failure.unknownAnswer
      }
      explanation = decoded
    } catch {
      guard error.isAbsence else { throw error }
      explanation = try await computed(path)
    }
    print(json ? try JSONDocument.text(explanation) : WhyText(explanation).text, terminator: "")
  }

  /// Without a daemon.
  private func computed(_ path: String) async throws(Failure) -> SessionExplanation {
    let site = try SiteConfiguration.find(named: config)
    let source =
      if let site { SessionSource(site, directory: path) } else {
        SessionSource(directory: path, requiresExecutionLog: true)
      }
    let outcome = await InspectionOutcome { () throws(Failure) in
      try await runWorker(.inspect(InspectTask(source: source)))
    }
    if case .failed(let failure) = outcome, failure.code == .interrupted { throw failure }
    return SessionExplanation(
      directory: path, watched: .unwatched(roots: site?.watch.map(\.path) ?? []), standing: nil,
      outcome: outcome,
      root: site.flatMap { root(of: path, $0) }, replacesForeign: source.replacesForeign)
  }

  /// Where the configuration, and the state directory of whoever asks, tell.
  private func root(of path: String, _ site: Configuration) -> IntakeRoot? {
    guard let root = site.watch.first(where: { path.hasPrefix($0.path + "/") }),
      let state = try? StateDirectory.find(),
      let first = RootRegister(in: state.path).firstWatched(root.path)
    else { return nil }
    return IntakeRoot(root, firstWatched: first)
  }
}

/// What `why` says to people.
struct WhyText {
  let explanation: SessionExplanation

  init(_ explanation: SessionExplanation) { self.explanation = explanation }

  var text: String {
    var table = Table([("", .left), ("", .left), ("", .left)])
    for step in explanation.steps {
      let mark =
        switch step.answer {
        case .yes: "yes"
        case .no: "no"
        case .unknown: "?"
        }
      table.append([step.question, mark, step.detail])
    }
    var lines = [explanation.directory.escapingControls] + table.lines.dropFirst().map { "  " + $0 }
    if !explanation.jobs.isEmpty {
      var jobs = Table([
        ("REGION", .left), ("TASTE", .left), ("NAME", .left), ("IN THE FILE", .left), ("TO DO", .left),
        ("FINGERPRINT", .left),
      ])
      for job in explanation.jobs {
        jobs.append([
          job.region, job.taste, job.tasteName, job.existing == "none" ? "nothing" : job.existing,
          job.needed ? "infer" : "-", String(job.fingerprint.prefix(12)),
        ])
      }
      lines += [""] + jobs.lines.map { "  " + $0 }
    }
    let source = explanation.live ? "" : " (worked out; no daemon runs)"
    return (lines + ["", "\(explanation.state)\(source): \(explanation.reason)".escapingControls]).map {
      $0 + "\n"
    }.joined()
  }
}

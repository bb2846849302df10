import ArgumentParser
import Configuration
import FoundationEssentials
import Jobs
import Leases
import Terminal
import Vocabulary

struct InferCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "infer",
    abstract: "Infer the firing rates of sorted sessions and write them into their .h5.",
    discussion: """
      Trains a small recurrent network for each taste and writes the inferred rates of every trial into the \
      session's .h5, below /rnn_output/regions. Options may be spelt with dashes or underscores. Parameters \
      that are not given come from blechrnn_params.json in the session's directory, if there is one.
      """)

  @Argument(help: ArgumentHelp("Directories of sorted sessions.", valueName: "dir"))
  var directories: [String]

  @OptionGroup(title: "Parameters")
  var parameters: ParameterOptions

  @Flag(help: "Train again even if the results are up to date; replaces results of other programs too.")
  var retrain = false
  @Flag(help: "Leave blechrnn_params.json out, and the configuration.")
  var overrideConfig = false
  @Option(
    help: ArgumentHelp(
      "The configuration whose parameters count where nothing else sets them (default: where blechctl config looks for it).",
      valueName: "file"))
  var config: String?
  @Flag(
    help:
      "Do not ask execution_log.json whether the session is sorted, nor whether a script is at work on it.")
  var ignoreLog = false
  @Flag(help: "Draw no figures (none are drawn yet).")
  var noFigures = false
  @Option(help: "Workers side by side (default: the processor's cores).")
  var jobs: Int?
  @Option(
    help: ArgumentHelp("Write the results below this directory, not into the session.", valueName: "dir"))
  var outputOnly: String?
  @Flag(help: "Print one JSON document instead of tables.")
  var json = false

  func validate() throws {
    if directories.isEmpty { throw ValidationError("Name at least one session's directory.") }
    if let jobs, !(1...1024).contains(jobs) { throw ValidationError("--jobs must be 1...1024.") }
  }

  func run() async throws {
    let site = overrideConfig ? nil : try SiteConfiguration.find(named: config)
    let worker = try WorkerExecutable.find()
    let state = try StateDirectory.find()
    let leases = LeaseKeeper(program: "blechctl infer")
    let display = ProgressDisplay()
    let results = await untilInterrupted {
      var results: [SessionResult] = []
      for directory in directories {
        let run = SessionRun(
          source(directory, site), worker: worker, leases: leases, state: state, retrains: retrain,
          workers: jobs ?? ProcessInfo.processInfo.activeProcessorCount,
          pipelineWait: site?.pipelineWait ?? Configuration.default.pipelineWait)
        do throws(Failure) {
          // What was not begun before a Ctrl-C is not done, and must not look so.
          if Task.isCancelled { throw .interruption(of: directory) }
          let report = try await run.run { await display.show($0) }
          results.append(SessionResult(directory: directory, outcome: .success(report)))
        } catch {
          results.append(SessionResult(directory: directory, outcome: .failure(error)))
        }
      }
      return results
    }
    await display.end()
    let code = ExitCode.combining(
      results.flatMap(\.failures), hasSuccess: results.contains(where: \.hasSuccess))
    let report = InferReport(results: results, exitCode: code)
    print(json ? try report.json() : report.text, terminator: "")
    StandardError.write(report.errors.map { $0 + "\n" }.joined())
    if code != .success { throw ArgumentParser.ExitCode(code.rawValue) }
  }

  private func source(_ directory: String, _ site: Configuration?) -> SessionSource {
    SessionSource(
      directory: directory, overrides: parameters.overrides, siteParameters: site?.siteParameters ?? .init(),
      ignoresFiles: overrideConfig, ignoresExecutionLog: ignoreLog,
      replacesForeign: site?.replacesForeignResults ?? false, outputDirectory: outputOnly)
  }
}

import ArgumentParser
import FoundationEssentials
import Jobs
import Vocabulary
import WorkerProtocol

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Write a synthetic sorted session, to try blechd on.",
    discussion: """
      The session has blech_clust's layout. The rates that its spikes were drawn from go into a second file, \
      DIR_true_rates.hdf5, beside the session's directory.
      """)

  @Argument(
    help: ArgumentHelp("The session's directory, which must not exist or be empty.", valueName: "dir"))
  var directory: String
  @Option(help: "Tastes, 1...16.")
  var tastes = 4
  @Option(help: "Trials of each taste, 1...500.")
  var trials = 30
  @Option(help: "Units, 1...300.")
  var units = 20
  @Option(help: "Seed of everything random.")
  var seed: UInt64 = 0

  func run() async throws {
    // The session is called as its directory, which `.` or `..` does not tell.
    var path = URL(filePath: directory).standardizedFileURL.path
    while path.count > 1 && path.hasSuffix("/") { path.removeLast() }
    let truth = path + "_true_rates.hdf5"
    let task = DemoTask(
      directory: path, truth: truth, tastes: tastes, trials: trials, units: units, seed: seed)
    _ = try await runWorker(.demo(task))
    print("\(path): \(tastes) tastes x \(trials) trials x \(units) units")
    print("\(truth): the rates that drew the spikes")
  }
}

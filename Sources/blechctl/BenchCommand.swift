import ArgumentParser
import FoundationEssentials
import Jobs
import Reporting
import Terminal
import Vocabulary
import WorkerProtocol

struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Time a training step, reading and a commit on this machine.",
    discussion: """
      One training step of one worker on one core, beside the core's own peak in the same run; and, for a \
      synthetic session of 4 tastes x 30 trials x 40 units, reading, the commit, and an estimate of the whole \
      with 2,000 steps for each taste.
      """)

  @Option(help: "Bins of a trial that enter the network, 1...100000.")
  var bins = 116
  @Option(help: "Training trials, 1...10000.")
  var trials = 22
  @Option(help: "Inputs: components and two more, 3...1000.")
  var inputs = 40
  @Option(help: "Latent factors, 1...512.")
  var hidden = 8
  @Option(help: "Steps to time, 5...1000000.")
  var steps = 1000
  @Flag(inversion: .prefixedNo, help: "Time reading and a commit as well; needs 400 MB in $TMPDIR.")
  var session = true
  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    for (name, value, range) in [
      ("bins", bins, 1...100_000), ("trials", trials, 1...10_000), ("inputs", inputs, 3...1000),
      ("hidden", hidden, 1...512), ("steps", steps, 5...1_000_000),
    ] where !range.contains(value) {
      throw ValidationError("--\(name) must be \(range.lowerBound)...\(range.upperBound).")
    }
  }

  func run() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "blechd-bench-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    if session { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false) }
    let task = BenchTask(
      bins: bins, trials: trials, inputs: inputs, hidden: hidden, steps: steps,
      folder: session ? folder.path : nil)
    guard case .benched(let result) = try await runWorker(.bench(task)) else { return }
    print(json ? try JSONDocument.text(result) : text(result), terminator: json ? "" : "\n")
  }

  private func text(_ result: BenchResult) -> String {
    func number(_ value: Double, _ decimals: Int) -> String { Number.text(value, decimals: decimals) }
    var table = Table([("what", .left), ("how fast", .right), ("", .left)])
    table.append(["a training step", number(result.stepMs, 3) + " ms", "\(result.isa), one core"])
    table.append([
      "its arithmetic", number(result.gflops, 0) + " GFLOP/s",
      "\(number(100 * result.peakShare, 0)) % of the core's peak, \(number(result.peakGflops, 0)) GFLOP/s",
    ])
    if let session = result.session {
      table.append([
        "reading a session", number(session.readMs, 0) + " ms",
        "\(number(session.readMbPerS, 0)) MB/s of its window; plain reads: \(number(session.plainReadMbPerS, 0)) MB/s",
      ])
      table.append(["a commit", number(session.commitMs, 0) + " ms", "4 tastes"])
      table.append([
        "a whole session", number(session.estimateS, 1) + " s", "2,000 steps for each of 4 tastes, one core",
      ])
    }
    return table.lines.joined(separator: "\n")
  }
}

import DemoSession
import FileAccess
import Inference
import InstructionSets
import Parameters
import RateNetwork
import SessionFolder
import Vocabulary
import WorkerProtocol

extension Worker {
  static func bench(_ task: BenchTask) throws(Failure) -> BenchResult {
    let step = StepBenchmark(
      bins: task.bins, trials: task.trials, inputs: task.inputs, hidden: task.hidden, steps: task.steps)
    let flops = step.operations / step.step
    return BenchResult(
      isa: KernelBuild.target, stepMs: step.step * 1e3, gflops: flops / 1e9, peakGflops: step.peak / 1e9,
      peakShare: flops / step.peak,
      session: try task.folder.map { (folder) throws(Failure) in
        try SessionBenchmark(folder: folder).run(step: step.step)
      })
  }
}

/// Times what stands before and after the training of a whole session.
private struct SessionBenchmark {
  let folder: String

  // The standard session.
  private static let (tastes, trials, units) = (4, 30, 40)
  private static let stepsPerTaste = 2000
  private static let rounds = 3

  private var session: String { folder + "/bench" }

  func run(step: Double) throws(Failure) -> BenchResult.Session {
    do {
      try DemoSession(tastes: Self.tastes, trials: Self.trials, units: Self.units, seed: 0)
        .write(to: session, truth: folder + "/truth.hdf5")
      let read = try median { try seconds { _ = try SessionReading(of: source) } }
      let plainRead = try median { try seconds { try readPlainly() } }
      let commit = try timeCommit()
      let window = InferenceParameters.default.timeLims.duration
      let windowBytes = Double(Self.tastes * Self.trials * Self.units * window * MemoryLayout<Double>.size)
      let fileBytes = Double(try OpenDirectory(at: session).stamp(of: "bench.h5")?.size ?? 0)
      return BenchResult.Session(
        readMs: read * 1e3, readMbPerS: windowBytes / read / 1e6,
        plainReadMbPerS: fileBytes / plainRead / 1e6,
        commitMs: commit * 1e3, estimateS: read + Double(Self.tastes * Self.stepsPerTaste) * step + commit)
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(
        .cannotWrite, folder, "cannot hold a session to time: \(error)", remedy: "free some disk space")
    }
  }

  private var source: SessionSource {
    var source = SessionSource(directory: session)
    // The rates do not matter here.
    source.overrides.trainSteps = 1
    return source
  }

  private func timeCommit() throws -> Double {
    let reading = try SessionReading(of: source)
    var results: [JobIdentity: StoredResult] = [:]
    for job in reading.inspection.jobs {
      let inference = try reading.inference(of: job)
      let result = try runInference(inference)
      results[job.identity] = StoredResult(
        result, of: job, parameters: reading.inspection.parameters,
        summary: JobSummary(result, of: inference, wasSaved: false, seconds: 0))
    }
    return try median {
      let inspection = try SessionReading(of: source).inspection
      let commit = Commit(source, inspection, jobs: inspection.jobs.map(\.identity))
      return try seconds { _ = try commit.run { results[$0.identity]! } }
    }
  }

  private func readPlainly() throws {
    let directory = try OpenDirectory(at: session)
    let file = try directory.openFile("bench.h5")
    defer { try? file.close() }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while try buffer.withUnsafeMutableBytes({ try file.read(into: $0) }) > 0 {}
  }

  /// The median of what `body` measures, in seconds.
  private func median(_ body: () throws -> Double) rethrows -> Double {
    try (0..<Self.rounds).map { _ in try body() }.sorted()[Self.rounds / 2]
  }

  private func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    return (ContinuousClock.now - start) / .seconds(1)
  }
}

import FoundationEssentials
import Glibc
import Subprocess
import Vocabulary
import WorkerProtocol

/// One run of `blechd-worker`.
public struct WorkerProcess: Sendable {
  private let executable: WorkerExecutable

  /// How long a worker that was asked to end may take before it is killed.
  private static let gracePeriod = Duration.seconds(5)
  /// How much of a worker's stderr is kept, in bytes.
  private static let longestLog = 64 << 10

  public init(_ executable: WorkerExecutable) { self.executable = executable }

  /// Runs one task to its end. Cancelling the task that runs this ends the worker.
  ///
  /// - Parameter onMessage: is handed progress and warnings as they come.
  /// - Throws: the worker's own `Failure`; `.interrupted` where the task was cancelled; `.internalError` where
  ///   the worker ended without a word.
  public func run(
    _ task: WorkerRequest.Task, onMessage: @Sendable (WorkerMessage.Content) async -> Void = { _ in }
  ) async throws(Failure) -> WorkerMessage.Outcome {
    Self.ignoreBrokenPipes
    var options = PlatformOptions()
    // Away from the terminal's Ctrl-C, which is the parent's to handle.
    options.processGroupID = 0
    options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: Self.gracePeriod)]
    do {
      let line = String(decoding: try JSONEncoder().encode(WorkerRequest(task)), as: UTF8.self) + "\n"
      let result = try await Subprocess.run(
        .path(.init(executable.path)), platformOptions: options, input: .inputWriter, output: .sequence,
        error: .sequence
      ) { execution in
        // A worker that fails before it has read everything says why on stdout.
        _ = try? await execution.standardInputWriter.write(line)
        async let log = Self.tail(of: execution.standardError)
        var last: WorkerMessage.Content?
        for try await line in execution.standardOutput.strings(
          bufferingPolicy: .maxLineLength(WorkerMessage.longestLine))
        {
          let content = try Self.content(of: line)
          await onMessage(content)
          last = content
        }
        // Only now: the end of its input tells a worker that its parent is gone.
        try? await execution.standardInputWriter.finish()
        return (last, try await log)
      }
      let (last, log) = result.closureResult
      return try Self.outcome(last, result.terminationStatus, log: log)
    } catch let failure as Failure {
      throw failure
    } catch is CancellationError {
      throw Failure.interruption(of: "blechd-worker")
    } catch {
      if Task.isCancelled { throw Failure.interruption(of: "blechd-worker") }
      throw Failure(.internalError, executable.path, "cannot be run: \(error)", remedy: "")
    }
  }

  /// Once in a process: a worker that dies before it has read its request must not take us along.
  private static let ignoreBrokenPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

  private static func content(of line: String) throws(Failure) -> WorkerMessage.Content {
    guard let message = try? JSONDecoder().decode(WorkerMessage.self, from: Data(line.utf8)),
      message.version == WorkerRequest.version
    else {
      throw Failure(
        .internalError, "blechd-worker", "says what is no message: \(line.prefix(200))",
        remedy: "install blechd, blechctl and blechd-worker of one version")
    }
    return message.content
  }

  private static func outcome(
    _ last: WorkerMessage.Content?, _ status: TerminationStatus, log: String
  ) throws(Failure) -> WorkerMessage.Outcome {
    switch (last, status) {
    case (.result(let outcome), .exited(0)): return outcome
    case (.error(let failure), _): throw failure
    // Before what follows: a worker that does not end when it is asked to is killed.
    case _ where Task.isCancelled: throw Failure.interruption(of: "blechd-worker")
    case (_, .signaled(9)):
      throw Failure(
        .internalError, "blechd-worker", "was killed (signal 9), perhaps because memory ran out",
        remedy: "run fewer at once with --jobs")
    case (_, let status):
      throw Failure(
        .internalError, "blechd-worker", "ended without a result (\(status))\(log.isEmpty ? "" : ": \(log)")",
        remedy: "please report this")
    }
  }

  /// The end of what the worker wrote on stderr, and all of it read, so that it never waits for us.
  private static func tail(of output: SubprocessOutputSequence) async throws -> String {
    var bytes: [UInt8] = []
    for try await chunk in output {
      chunk.withUnsafeBytes { bytes += $0 }
      if bytes.count > longestLog { bytes.removeFirst(bytes.count - longestLog) }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

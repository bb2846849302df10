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
  /// - Parameters:
  ///   - bounds: a worker that goes beyond them is ended, with every process that it started.
  ///   - onMessage: is handed progress and warnings as they come.
  /// - Throws: the worker's own `Failure`; `.interrupted` where the task was cancelled; one that names the
  ///   bound where it was ended for that (`.badData` for an inspection, else `.temporary`); `.internalError`
  ///   where the worker ended without a word.
  public func run(
    _ task: WorkerRequest.Task, bounds: WorkerBounds? = nil,
    onMessage: @Sendable (WorkerMessage.Content) async -> Void = { _ in }
  ) async throws(Failure) -> WorkerMessage.Outcome {
    Self.ignoreBrokenPipes
    var options = PlatformOptions()
    // Away from the terminal's Ctrl-C, which is the parent's to handle.
    options.processGroupID = 0
    options.teardownSequence = Self.ending
    let watch = bounds.map(BoundsWatch.init)
    let answer: Answer
    do {
      let request = WorkerRequest(task, limits: bounds?.limits)
      let line = String(decoding: try JSONEncoder().encode(request), as: UTF8.self) + "\n"
      let result = try await Subprocess.run(
        .path(.init(executable.path)), platformOptions: options, input: .inputWriter, output: .sequence,
        error: .sequence
      ) { execution in
        try await Self.overseen(execution, by: watch) {
          try await Self.converse(with: execution, line, onMessage)
        }
      }
      let (last, log) = result.closureResult
      answer = Answer(last: last, status: result.terminationStatus, log: log)
    } catch {
      if Task.isCancelled || error is CancellationError { throw .interruption(of: "blechd-worker") }
      // A worker that is ended in the middle of a line leaves one that is no message.
      if let breach = watch?.breach { throw Failure(breach, of: task) }
      if let failure = error as? Failure { throw failure }
      throw Failure(.internalError, executable.path, "cannot be run: \(error)", remedy: "")
    }
    switch (answer.last, answer.status) {
    case (.result(let outcome), .exited(0)): return outcome
    case (.error(let failure), _): throw failure
    // Before what follows: a worker that does not end when it is asked to is killed.
    case _ where Task.isCancelled: throw Failure.interruption(of: "blechd-worker")
    default: break
    }
    if let breach = watch?.breach { throw Failure(breach, of: task) }
    if let bounds, case .signaled(let signal) = answer.status {
      throw Failure(endedBy: signal, of: task, within: bounds, log: answer.log)
    }
    throw Self.unexplained(answer)
  }

  /// How a worker ended.
  private struct Answer {
    /// The last thing that it said.
    let last: WorkerMessage.Content?
    let status: TerminationStatus
    /// The end of its stderr.
    let log: String
  }

  private typealias Execution = Subprocess.Execution<CustomWriteInput, SequenceOutput, SequenceOutput>

  private static let ending = [
    TeardownStep.gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: gracePeriod)
  ]

  /// Runs `body`, and returns when the worker has ended, of its own or for a breach. Nothing that it started is
  /// left behind.
  private static func overseen<Result: Sendable>(
    _ execution: Execution, by watch: BoundsWatch?, _ body: () async throws -> Result
  ) async throws -> Result {
    let process = execution.processIdentifier.value
    async let _ = { if await watch?.waitForBreach(by: process) == true { await end(execution) } }()
    do {
      let result = try await body()
      try await waitForEnd(of: process)
      killGroup(of: process)
      return result
    } catch {
      await end(execution)
      throw error
    }
  }

  private static func end(_ execution: Execution) async {
    await execution.teardown(using: ending)
    killGroup(of: execution.processIdentifier.value)
  }

  /// Ends what a worker left running. The worker itself has ended, but its status is collected only after the
  /// closure that oversees it: until then its number cannot be another's.
  private static func killGroup(of process: pid_t) { kill(-process, SIGKILL) }

  /// A worker may close its output before it ends.
  private static func waitForEnd(of process: pid_t) async throws {
    var interval = Duration.milliseconds(1)
    while !hasEnded(process) {
      try await Task.sleep(for: interval)
      interval = min(interval * 2, .milliseconds(50))
    }
  }

  private static func hasEnded(_ process: pid_t) -> Bool {
    var state = siginfo_t()
    let status = waitid(P_PID, id_t(process), &state, WEXITED | WNOHANG | WNOWAIT)
    // Without a child to report, the kernel leaves the signal's number 0.
    return status == 0 ? state.si_signo == SIGCHLD : errno != EINTR
  }

  private static func converse(
    with execution: Execution, _ request: String, _ onMessage: @Sendable (WorkerMessage.Content) async -> Void
  ) async throws -> (last: WorkerMessage.Content?, log: String) {
    // A worker that fails before it has read everything says why on stdout.
    _ = try? await execution.standardInputWriter.write(request)
    async let log = tail(of: execution.standardError)
    var last: WorkerMessage.Content?
    for try await line in execution.standardOutput.strings(
      bufferingPolicy: .maxLineLength(WorkerMessage.longestLine))
    {
      let content = try content(of: line)
      await onMessage(content)
      last = content
    }
    // Only now: the end of its input tells a worker that its parent is gone.
    try? await execution.standardInputWriter.finish()
    return (last, try await log)
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

  private static func unexplained(_ answer: Answer) -> Failure {
    if case .signaled(SIGKILL) = answer.status {
      return Failure(
        .internalError, "blechd-worker", "was killed (signal 9), perhaps because memory ran out",
        remedy: "run fewer at once with --jobs")
    }
    return Failure(
      .internalError, "blechd-worker",
      "ended without a result (\(answer.status))\(answer.log.isEmpty ? "" : ": \(answer.log)")",
      remedy: "please report this")
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

import FoundationEssentials
import Glibc
import Subprocess
import Vocabulary
import WorkerProtocol

/// Runs of `blechd-worker`.
public struct WorkerProcess: Sendable {
  private let executable: WorkerExecutable

  /// How long a worker that was asked to end may take before it is killed.
  private static let gracePeriod = Duration.seconds(5)
  /// How long one that says nonsense may take to end of itself, which tells why it does.
  private static let nonsensePeriod = Duration.seconds(1)
  /// For how long what a worker wrote is read after its end: something that it started may have left its group, and
  /// write on for ever.
  private static let logPeriod = Duration.seconds(2)

  public init(_ executable: WorkerExecutable) { self.executable = executable }

  /// Runs one task to its end. Cancelling the task that runs this ends the worker, unless it writes to a session
  /// (`WorkerRequest.Task.mustFinish`): that is waited for.
  ///
  /// - Parameters:
  ///   - bounds: a worker that goes beyond them is ended, with every process that it started.
  ///   - onMessage: is handed what it says as it comes.
  /// - Throws: the worker's own `Failure`; `.interrupted` where the task was cancelled; one that names the
  ///   bound where it was ended for that (`.badData` for an inspection that takes too much memory, else
  ///   `.temporary`); `.internalError` where the worker ended without a word.
  public func run(
    _ task: WorkerRequest.Task, bounds: WorkerBounds? = nil,
    onMessage: @escaping @Sendable (WorkerMessage.Content) async -> Void = { _ in }
  ) async throws(Failure) -> WorkerMessage.Outcome {
    try await execute(task, bounds: bounds, onMessage: onMessage).result.get()
  }

  /// Runs one task to its end, and tells all that is known of it. Cancelling the task that runs this ends the worker,
  /// unless it writes to a session.
  ///
  /// - Parameters:
  ///   - bounds: a worker that goes beyond them is ended, with every process that it started; not one that must finish.
  ///   - onMessage: is handed what it says as it comes.
  ///   - onUse: is told once a second what the worker has taken and the memory that it has now, in bytes.
  func execute(
    _ task: WorkerRequest.Task, bounds: WorkerBounds? = nil, within setting: WorkerSetting = WorkerSetting(),
    onMessage: @escaping @Sendable (WorkerMessage.Content) async -> Void = { _ in },
    onUse: @escaping BoundsWatch.UseObserver = { _, _ in }
  ) async -> ExecutionEnd {
    guard task.mustFinish else { return await carryOut(task, bounds, setting, onMessage, onUse) }
    // In a task of its own, which nobody cancels.
    return await Task { await carryOut(task, nil, setting, onMessage, onUse) }.value
  }

  private func carryOut(
    _ task: WorkerRequest.Task, _ bounds: WorkerBounds?, _ setting: WorkerSetting,
    _ onMessage: @escaping @Sendable (WorkerMessage.Content) async -> Void,
    _ onUse: @escaping BoundsWatch.UseObserver
  ) async -> ExecutionEnd {
    let watch = BoundsWatch(bounds, group: setting.group, startsOthers: task.startsOthers, onUse: onUse)
    let log = LogTail()
    let request = WorkerRequest(task, limits: setting.limits(within: bounds))
    let answer: Answer
    do {
      answer = try await self.answer(to: request, setting, watch, log, onMessage)
    } catch {
      let (reason, failure): (ExitReason, Failure) =
        Task.isCancelled || error is CancellationError
        ? (.cancelled, .interruption(of: "blechd-worker"))
        : (.notStarted, Failure(.internalError, executable.path, "cannot be run: \(error)", remedy: ""))
      return ExecutionEnd(result: .failure(failure), reason: reason, use: watch.use, log: log.text)
    }
    let memoryKill = setting.group?.memoryKill
    let kernelBound = memoryKill == .ownBound ? bounds?.memory : nil
    let end = WorkerEnd(
      last: answer.said.last, nonsense: answer.said.nonsense, status: answer.status,
      breach: watch.breach ?? kernelBound.map { .kernelMemory(bound: $0) },
      isEndedForMachineMemory: memoryKill != nil && kernelBound == nil, isCancelled: Task.isCancelled,
      wasEndedForNonsense: answer.wasEndedForNonsense, log: log.text)
    let (reason, result) = end.outcome(of: task, within: bounds)
    return ExecutionEnd(result: result, reason: reason, use: watch.use, log: end.log)
  }

  private struct Answer: Sendable {
    var said: Said
    var wasEndedForNonsense: Bool
    var status: TerminationStatus
  }

  private func answer(
    to request: WorkerRequest, _ setting: WorkerSetting, _ watch: BoundsWatch, _ log: LogTail,
    _ onMessage: @Sendable (WorkerMessage.Content) async -> Void
  ) async throws -> Answer {
    Self.ignoreBrokenPipes
    let line = String(decoding: try JSONEncoder().encode(request), as: UTF8.self) + "\n"
    var options = PlatformOptions()
    // Away from the terminal's Ctrl-C, which is the parent's to handle.
    options.processGroupID = 0
    options.teardownSequence = Self.ending
    let result = try await Subprocess.run(
      .path(.init(executable.path)), platformOptions: options, input: .inputWriter, output: .sequence,
      error: .sequence
    ) { execution in
      await Self.overseen(execution, setting, by: watch, log) {
        await Self.converse(with: execution, line, watch, onMessage)
      }
    }
    let (said, wasEnded) = result.closureResult
    return Answer(said: said, wasEndedForNonsense: wasEnded, status: result.terminationStatus)
  }

  /// Once in a process: a worker that dies before it has read its request must not take us along.
  private static let ignoreBrokenPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

  // MARK: Its end

  private typealias Execution = Subprocess.Execution<CustomWriteInput, SequenceOutput, SequenceOutput>

  private static let ending = [
    TeardownStep.gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: gracePeriod)
  ]

  /// Runs `body`, and returns when the worker has ended, of its own, for a breach, or because nobody wants it any more;
  /// whether it was ended for the nonsense that it said. Nothing that it started is left behind.
  private static func overseen(
    _ execution: Execution, _ setting: WorkerSetting, by watch: BoundsWatch, _ log: LogTail,
    _ body: () async -> Said
  ) async -> (Said, wasEndedForNonsense: Bool) {
    let process = execution.processIdentifier.value
    async let _ = {
      if await watch.waitForBreach(by: process) { await execution.teardown(using: ending) }
    }()
    async let collected: Void = collect(execution.standardError, into: log)
    let said = await body()
    let end = said.nonsense.map { _ in ContinuousClock.now + nonsensePeriod }
    let hasEnded = await waitForEnd(of: process, until: end)
    let wasEndedForNonsense = !hasEnded && said.nonsense != nil && watch.breach == nil
    if !hasEnded { await execution.teardown(using: ending) }
    watch.lookLast(at: process)
    // What it left running. The worker itself has ended, but its status is collected only after this: until then its
    // number cannot be another's.
    kill(-process, SIGKILL)
    setting.group?.killAll()
    async let _ = {
      guard (try? await Task.sleep(for: logPeriod)) != nil else { return }
      log.close()
    }()
    await collected
    return (said, wasEndedForNonsense)
  }

  /// A worker may close its output before it ends. Whether it has ended before the time is over, or nobody wants it any
  /// more.
  private static func waitForEnd(of process: pid_t, until end: ContinuousClock.Instant?) async -> Bool {
    var interval = Duration.milliseconds(1)
    while !hasEnded(process) {
      if let end, .now >= end { return false }
      guard (try? await Task.sleep(for: interval)) != nil else { return false }
      interval = min(interval * 2, .milliseconds(50))
    }
    return true
  }

  private static func hasEnded(_ process: pid_t) -> Bool {
    var state = siginfo_t()
    let status = waitid(P_PID, id_t(process), &state, WEXITED | WNOHANG | WNOWAIT)
    // Without a child to report, the kernel leaves the signal's number 0.
    return status == 0 ? state.si_signo == SIGCHLD : errno != EINTR
  }

  // MARK: What it says

  private struct Said: Sendable {
    /// The last message of all that it said before any nonsense.
    var last: WorkerMessage.Content?
    var nonsense: Failure?
  }

  private static func converse(
    with execution: Execution, _ request: String, _ watch: BoundsWatch,
    _ onMessage: @Sendable (WorkerMessage.Content) async -> Void
  ) async -> Said {
    // A worker that fails before it has read everything says why on stdout.
    _ = try? await execution.standardInputWriter.write(request)
    var said = Said()
    var lines = LineSplitter(longest: WorkerMessage.longestLine)
    func hear(_ line: [UInt8]) async throws(Failure) {
      let content = try content(of: line)
      if case .use(let use) = content { watch.told(use) }
      await watch.heard { await onMessage(content) }
      said.last = content
    }
    do {
      for try await chunk in execution.standardOutput {
        for line in try chunk.withUnsafeBytes({ try lines.take($0) }) { try await hear(line) }
      }
      if let last = lines.last { try await hear(last) }
      // Only now: the end of its input tells a worker that its parent is gone.
      try? await execution.standardInputWriter.finish()
    } catch {
      said.nonsense =
        error as? Failure
        ?? Failure(
          .internalError, "blechd-worker", "cannot be understood: \(error)", remedy: "please report this")
    }
    return said
  }

  private static func content(of line: [UInt8]) throws(Failure) -> WorkerMessage.Content {
    guard let message = try? JSONDecoder().decode(WorkerMessage.self, from: Data(line)),
      message.version == WorkerRequest.version
    else {
      throw Failure(
        .internalError, "blechd-worker",
        "says what is no message: \(String(decoding: line.prefix(200), as: UTF8.self))",
        remedy: "install blechd, blechctl and blechd-worker of one version")
    }
    return message.content
  }

  /// The end of what the worker wrote on stderr, and all of it read, so that it never waits for us.
  private static func collect(_ output: SubprocessOutputSequence, into log: LogTail) async {
    // What cannot be read any more is not missed.
    _ = try? await {
      for try await chunk in output {
        if log.isClosed { break }
        chunk.withUnsafeBytes { log.append($0) }
      }
    }()
  }
}

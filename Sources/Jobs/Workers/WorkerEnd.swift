import Glibc
import Subprocess
import Vocabulary
import WorkerProtocol

/// How one run of a worker went, as far as its parent has seen it.
struct WorkerEnd: Sendable {
  /// The last thing that it said.
  var last: WorkerMessage.Content?
  /// Where it said what is no message.
  var nonsense: Failure?
  var status: TerminationStatus
  var breach: Breach?
  /// Whether the kernel ended it, or what it had started, for a need of memory that was not its own.
  var isEndedForMachineMemory = false
  /// Whether its result is not wanted any more.
  var isCancelled: Bool
  /// Whether nonsense, and nothing else, was the reason to end it.
  var wasEndedForNonsense: Bool
  /// The end of its stderr.
  var log: String

  /// What came of it.
  ///
  /// - Parameter bounds: those that it was held to.
  func outcome(
    of task: WorkerRequest.Task, within bounds: WorkerBounds?
  ) -> (ExitReason, Result<WorkerMessage.Outcome, Failure>) {
    switch (last, status) {
    case (.result(let outcome), .exited(0)): return (.finished, .success(outcome))
    case (.error(let failure), _):
      // The kernel may have ended what the worker had started, and not the worker.
      if case .kernelMemory = breach { return (.outOfMemory, .failure(failure)) }
      if isEndedForMachineMemory { return (.killed, .failure(failure)) }
      return (.failed, .failure(failure))
    default: break
    }
    // Before what follows: whoever does not end when asked to is killed.
    if isCancelled { return (.cancelled, .failure(.interruption(of: "blechd-worker"))) }
    if let breach { return (breach.reason, .failure(Failure(breach, of: task))) }
    if isEndedForMachineMemory { return (.killed, .failure(Failure(machineMemoryEnded: task))) }
    if case .signaled(let signal) = status, !wasEndedForNonsense {
      // What a worker was saying as it was ended is no message.
      return (reason(of: signal), .failure(failure(of: signal, task, bounds)))
    }
    return (.crashed, .failure(nonsense ?? unexplained))
  }

  // MARK: Signals

  /// How Swift ends a process that gets no memory; a report of where that was follows, which helps nobody.
  private var allocationFailure: Substring? {
    log.split(separator: "\n").first { $0.contains("failed to allocate") }
  }

  private static let crashes: Set<Int32> = [SIGSEGV, SIGILL, SIGABRT, SIGTRAP, SIGBUS, SIGFPE, SIGSYS]

  private func reason(of signal: Int32) -> ExitReason {
    if allocationFailure != nil { return .outOfMemory }
    return Self.crashes.contains(signal) ? .crashed : .killed
  }

  private func failure(of signal: Int32, _ task: WorkerRequest.Task, _ bounds: WorkerBounds?) -> Failure {
    guard let bounds else { return unexplained }
    let bounded =
      "\(task.title) was ended by signal \(signal), its memory bounded to \(Failure.text(bounds.memory))"
    if let allocationFailure {
      return Failure(
        task.codeOfMemory, task.place, "\(bounded): \(allocationFailure)",
        remedy: "check the session's files; if they are good, allow more memory")
    }
    // Others send these, among them a kernel that is out of memory; the rest are crashes.
    let isAsked = !Self.crashes.contains(signal)
    return Failure(
      isAsked ? .temporary : .internalError, task.place,
      bounded + report,
      remedy: isAsked ? "try again, or allow more memory" : "check the session's files, and report this")
  }

  /// What a failure tells of the stderr.
  private var report: String { log.isEmpty ? "" : ": \(log.prefix(Self.longestReport))" }

  /// Enough of what a crash leaves there to tell one from another, in characters.
  private static let longestReport = 2000

  private var unexplained: Failure {
    if case .signaled(SIGKILL) = status {
      return Failure(
        .internalError, "blechd-worker", "was killed (signal 9), perhaps because memory ran out",
        remedy: "run fewer at once with --jobs")
    }
    return Failure(
      .internalError, "blechd-worker",
      "ended without a result (\(status))\(report)",
      remedy: "please report this")
  }
}

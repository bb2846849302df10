import Glibc
import Vocabulary
import WorkerProtocol

/// What one run of a worker may take. A worker that takes more is ended.
public struct WorkerBounds: Equatable, Sendable {
  /// From its start to its end; time that the machine sleeps does not count.
  public var wallTime: Duration
  /// Resident memory, in bytes.
  public var memory: Int

  public init(wallTime: Duration, memory: Int) {
    self.wallTime = wallTime
    self.memory = memory
  }

  /// What the worker holds itself to: the parent looks some times a second, and this stops what happens in between.
  /// Twice the bound, as not all memory that is asked for is used.
  var limits: WorkerLimits {
    let (twice, overflow) = memory.multipliedReportingOverflow(by: 2)
    return WorkerLimits(data: overflow ? memory : twice)
  }
}

/// How a worker went beyond its bounds.
enum Breach: Equatable, Sendable {
  case wallTime(Duration)
  /// Resident bytes that were seen.
  case memory(Int, bound: Int)
}

extension Failure {
  /// What is told of a task whose worker was ended for a breach.
  init(_ breach: Breach, of task: WorkerRequest.Task) {
    let what: String
    let remedy: String
    switch breach {
    case .wallTime(let bound):
      what = "took longer than the \(Self.text(bound)) allowed, and was ended"
      remedy = "allow more time"
    case .memory(let bytes, let bound):
      what = "took \(Self.text(bytes)) of memory, more than the \(Self.text(bound)) allowed, and was ended"
      remedy = "allow more memory"
    }
    // What an inspection takes depends on the files alone.
    guard case .inspect = task else {
      self.init(.temporary, task.place, "\(task.title) \(what)", remedy: "try again, or \(remedy)")
      return
    }
    self.init(
      .badData, task.place, "\(task.title) \(what)",
      remedy: "check the session's files; if they are good, \(remedy)")
  }

  /// What is told of a task whose worker a signal ended while it was bounded: its bounds may have been too narrow.
  init(endedBy signal: Int32, of task: WorkerRequest.Task, within bounds: WorkerBounds, log: String) {
    // The first three are what others send, among them a kernel that is out of memory; the rest are crashes.
    let code: ExitCode = [SIGKILL, SIGTERM, SIGINT].contains(signal) ? .temporary : .internalError
    self.init(
      code, task.place,
      "\(task.title) was ended by signal \(signal), its memory bounded to \(Self.text(bounds.memory))"
        + (log.isEmpty ? "" : ": \(log)"),
      remedy: "check the session's files; if they are good, allow more memory, or report this")
  }

  /// In whole MB, rounded up, so that what is above a bound does not read as less.
  private static func text(_ bytes: Int) -> String {
    "\(bytes / 1_000_000 + (bytes % 1_000_000 == 0 ? 0 : 1)) MB"
  }

  private static func text(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    return attoseconds == 0 ? "\(seconds) s" : "\(duration / .seconds(1)) s"
  }
}

extension WorkerRequest.Task {
  /// What the task is about, for failures.
  fileprivate var place: String {
    switch self {
    case .inspect(let task): task.source.directory
    case .infer(let task): task.source.directory
    case .commit(let task): task.source.directory
    case .recover(let task): task.path
    case .demo(let task): task.directory
    case .bench(let task): task.folder ?? "blechd-worker"
    }
  }

  /// The subject of a sentence.
  fileprivate var title: String {
    switch self {
    case .inspect: "its inspection"
    case .infer(let task): "the inference of \(task.job)"
    case .commit: "the commit"
    case .recover: "its recovery"
    case .demo: "writing it"
    case .bench: "the benchmark"
    }
  }
}

import Glibc
import Vocabulary
import WorkerProtocol

/// What one run of a worker may take. A worker that takes more is ended: not meant for commits, which are left to
/// finish.
public struct WorkerBounds: Equatable, Sendable {
  /// From its start to its end; time that the machine sleeps does not count.
  public var wallTime: Duration
  /// Resident memory, in bytes.
  public var memory: Int

  public init(wallTime: Duration, memory: Int) {
    self.wallTime = wallTime
    self.memory = memory
  }

  /// What the worker holds itself to: the parent looks some times a second, and this stops what happens in
  /// between. Twice the bound, as not all memory that is asked for is used.
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
    var code = task.codeOfBreach
    switch breach {
    case .wallTime(let bound):
      // A server that is away for a while makes every reader slow.
      code = .temporary
      what = "took longer than the \(Self.text(bound)) allowed, and was ended"
      remedy = "allow more time"
    case .memory(let bytes, let bound):
      what = "took \(Self.text(bytes)) of memory, more than the \(Self.text(bound)) allowed, and was ended"
      remedy = "allow more memory"
    }
    self.init(
      code, task.place, "\(task.title) \(what)",
      remedy: code == .badData
        ? "check the session's files; if they are good, \(remedy)" : "try again, or \(remedy)")
  }

  /// What is told of a task whose worker a signal ended while it was bounded.
  init(endedBy signal: Int32, of task: WorkerRequest.Task, within bounds: WorkerBounds, log: String) {
    let bound = "its memory bounded to \(Self.text(bounds.memory))"
    // How Swift ends a process that gets no memory; a report of where that was follows, which helps nobody.
    if let line = log.split(separator: "\n").first(where: { $0.contains("failed to allocate") }) {
      self.init(
        task.codeOfBreach, task.place, "\(task.title) was ended by signal \(signal), \(bound): \(line)",
        remedy: "check the session's files; if they are good, allow more memory")
      return
    }
    // Others send the first three, among them a kernel that is out of memory; the rest are crashes.
    let isAsked = [SIGKILL, SIGTERM, SIGINT].contains(signal)
    self.init(
      isAsked ? .temporary : .internalError, task.place,
      "\(task.title) was ended by signal \(signal), \(bound)"
        + (log.isEmpty ? "" : ": \(log.prefix(Self.longestReport))"),
      remedy: isAsked ? "try again, or allow more memory" : "check the session's files, and report this")
  }

  /// Enough of what a crash leaves on stderr to tell one from another, in characters.
  private static let longestReport = 2000

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
  /// The memory that an inspection takes depends on the files alone, the rest also on what else the machine does.
  fileprivate var codeOfBreach: ExitCode {
    if case .inspect = self { .badData } else { .temporary }
  }

  /// What the task is about, for failures.
  fileprivate var place: String {
    switch self {
    case .inspect(let task): task.source.directory
    case .infer(let task): task.source.directory
    case .commit(let task): task.source.directory
    case .recover(let task): task.path
    case .demo(let task): task.directory
    case .bench(let task): task.folder ?? "blechd-worker"
    case .probe(let task): task.directory
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
    case .probe: "the trial of a small .h5"
    }
  }
}

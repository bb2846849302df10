import Vocabulary
import WorkerProtocol

/// How a worker went beyond its bounds.
enum Breach: Equatable, Sendable {
  case wallTime(Duration)
  /// Resident bytes that were seen.
  case memory(Int, bound: Int)
  /// The kernel ended it for its bound.
  case kernelMemory(bound: Int)
  case silence(Duration)

  var reason: ExitReason {
    switch self {
    case .wallTime: .wallTime
    case .memory, .kernelMemory: .outOfMemory
    case .silence: .silent
    }
  }

  /// What follows the task's name in a sentence.
  fileprivate var what: String {
    switch self {
    case .wallTime(let bound): "took longer than the \(Failure.text(bound)) allowed, and was ended"
    case .memory(let bytes, let bound):
      "took \(Failure.text(bytes)) of memory, more than the \(Failure.text(bound)) allowed, and was ended"
    case .kernelMemory(let bound):
      "took more memory than the \(Failure.text(bound)) allowed, and the kernel ended it"
    case .silence(let bound): "had not said anything for \(Failure.text(bound)), and was ended"
    }
  }

  fileprivate var remedy: String {
    switch self {
    case .wallTime: "allow more time"
    case .memory, .kernelMemory: "allow more memory"
    case .silence: "report this if it happens again"
    }
  }
}

extension Failure {
  /// What is told of a task whose worker was ended for a breach.
  init(_ breach: Breach, of task: WorkerRequest.Task) {
    // A server that is away for a while makes every reader slow.
    let code = breach.reason == .outOfMemory ? task.codeOfMemory : .temporary
    self.init(
      code, task.place, "\(task.title) \(breach.what)",
      remedy: code == .badData
        ? "check the session's files; if they are good, \(breach.remedy)" : "try again, or \(breach.remedy)")
  }

  /// What is told of a task whose worker the kernel ended for somebody else's need of memory.
  init(machineMemoryEnded task: WorkerRequest.Task) {
    self.init(
      .temporary, task.place, "\(task.title) was ended by the kernel, as the machine ran out of memory",
      remedy: "try again, or let fewer run at once")
  }

  /// In whole MB, rounded up, so that what is above a bound does not read as less.
  static func text(_ bytes: Int) -> String {
    "\(bytes / 1_000_000 + (bytes % 1_000_000 == 0 ? 0 : 1)) MB"
  }

  fileprivate static func text(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    return attoseconds == 0 ? "\(seconds) s" : "\(duration / .seconds(1)) s"
  }
}

extension WorkerRequest.Task {
  /// The memory that an inspection takes depends on the files alone, the rest also on what else the machine does.
  var codeOfMemory: ExitCode {
    if case .inspect = self { .badData } else { .temporary }
  }

  /// What the task is about, for failures.
  var place: String {
    switch self {
    case .inspect(let task): task.source.directory
    case .infer(let task): task.source.directory
    case .commit(let task): task.source.directory
    case .recover(let task): task.path
    case .demo(let task): task.directory
    case .bench(let task): task.folder ?? "blechd-worker"
    case .probe(let task): task.directory
    case .notify(let task): task.arguments.first ?? "notify.command"
    }
  }

  /// The subject of a sentence.
  var title: String {
    switch self {
    case .inspect: "its inspection"
    case .infer(let task): "the inference of \(task.job)"
    case .commit: "the commit"
    case .recover: "its recovery"
    case .demo: "writing it"
    case .bench: "the benchmark"
    case .probe: "the trial of a small .h5"
    case .notify: "the command"
    }
  }
}

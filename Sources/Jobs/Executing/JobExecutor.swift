import Vocabulary
import WorkerProtocol

/// Where workers run: on this machine, or wherever a batch system puts them.
///
/// Nothing here supposes that a worker runs on this host, that it shares its limits, or that it is spoken with
/// through a pipe: an executor may as well hand the task to a cluster and watch for its record of how it ended.
public protocol JobExecutor: Sendable {
  /// In one word, for the history.
  var name: String { get }
  /// Whether its workers go on when the daemon ends: the next one takes them up by their handles.
  var outlivesDaemon: Bool { get }

  /// Runs one assignment to its end, however it ends. Cancelling the task that waits here ends the worker.
  ///
  /// - Parameters:
  ///   - handle: of an earlier run of the daemon's, which may still be at work; nil begins a new one.
  ///   - onReport: is called in order, and not any more when this has returned.
  func run(
    _ assignment: Assignment, resuming handle: String?,
    onReport: @escaping @Sendable (ExecutionReport) async -> Void
  ) async -> ExecutionEnd
}

extension JobExecutor {
  public var outlivesDaemon: Bool { false }
}

/// One task for one worker.
public struct Assignment: Sendable {
  /// The attempt's number; nil: it is no attempt of the queue's, such as an inspection, and nobody looks for it later.
  public let id: Int64?
  public let task: WorkerRequest.Task
  public let bounds: WorkerBounds

  public init(id: Int64? = nil, task: WorkerRequest.Task, bounds: WorkerBounds) {
    self.id = id
    self.task = task
    self.bounds = bounds
  }
}

/// What is heard of an assignment while it is at work.
public enum ExecutionReport: Sendable {
  /// What it is found by after a restart of the daemon. An executor whose workers end with the daemon has none.
  case handle(String)
  case progress(WorkerMessage.Progress)
  /// What it has taken so far, and the memory that it has now, in bytes.
  case use(ResourceUse, memoryBytes: Int)
}

/// How an assignment ended.
public struct ExecutionEnd: Sendable {
  public var result: Result<WorkerMessage.Outcome, Failure>
  public var reason: ExitReason
  public var use: ResourceUse
  /// The end of what the worker wrote on stderr.
  public var log: String

  public init(
    result: Result<WorkerMessage.Outcome, Failure>, reason: ExitReason, use: ResourceUse = .init(),
    log: String = ""
  ) {
    self.result = result
    self.reason = reason
    self.use = use
    self.log = log
  }
}

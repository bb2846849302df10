import Configuration
import Jobs
import Store
import Vocabulary

/// What the scheduler has done for it.
public struct Surroundings: Sendable {
  public var executor: any JobExecutor
  /// Takes the lease of a session's directory; says who has it where it cannot.
  public var takeLease: @Sendable (_ directory: String) async throws(Failure) -> Void
  /// Sees, before anything is written, that the lease is still ours.
  public var confirmLease: @Sendable (_ directory: String) async throws(Failure) -> Void
  public var releaseLease: @Sendable (_ directory: String) async -> Void
  /// Has changes written down, in this order. Does not wait.
  public var store: @Sendable ([StoreChange]) -> Void
  /// Waits, for a moment, until what was handed to `store` is written.
  public var flushStore: @Sendable () async -> Void
  public var readings: @Sendable () async -> Readings
  /// Has a session inspected again.
  ///
  /// - Parameter isDone: all that was to be done is written.
  public var reconsider: @Sendable (_ directory: String, _ isDone: Bool) -> Void
  /// Removes results from the spool, some time.
  public var discard: @Sendable (_ fingerprints: [String]) -> Void
  /// Is called in order; must not take long.
  public var onEvent: @Sendable (WorkEvent) -> Void
  public var now: @Sendable () -> Now

  public init(
    executor: any JobExecutor, takeLease: @escaping @Sendable (String) async throws(Failure) -> Void,
    confirmLease: @escaping @Sendable (String) async throws(Failure) -> Void,
    releaseLease: @escaping @Sendable (String) async -> Void,
    store: @escaping @Sendable ([StoreChange]) -> Void, flushStore: @escaping @Sendable () async -> Void,
    readings: @escaping @Sendable () async -> Readings,
    reconsider: @escaping @Sendable (String, Bool) -> Void, discard: @escaping @Sendable ([String]) -> Void,
    onEvent: @escaping @Sendable (WorkEvent) -> Void,
    now: @escaping @Sendable () -> Now
  ) {
    self.executor = executor
    self.takeLease = takeLease
    self.confirmLease = confirmLease
    self.releaseLease = releaseLease
    self.store = store
    self.flushStore = flushStore
    self.readings = readings
    self.reconsider = reconsider
    self.discard = discard
    self.onEvent = onEvent
    self.now = now
  }
}

/// What the owner has set, as far as it concerns the work.
public struct WorkSettings: Equatable, Sendable {
  public var limits: Configuration.Limits
  public var retry: Configuration.Retry
  public var pipelineWait: Duration
  /// The directory of results that wait for their commit.
  public var spool: String
  /// That this process may use.
  public var cores: Int
  /// Of the machine, in bytes.
  public var machineMemoryBytes: Int

  public init(
    _ configuration: Configuration, spool: String, cores: Int, machineMemoryBytes: Int
  ) {
    limits = configuration.limits
    retry = configuration.retry
    pipelineWait = configuration.pipelineWait
    self.spool = spool
    self.cores = cores
    self.machineMemoryBytes = machineMemoryBytes
  }

  public var rules: JobBook.Rules {
    JobBook.Rules(
      admission: Admission(limits, cores: cores, machineMemoryBytes: machineMemoryBytes),
      retry: RetryPolicy(retry))
  }

  /// What one job's worker may take.
  var bounds: WorkerBounds { WorkerBounds(limits) }
}

import Parameters
import Vocabulary

/// What a parent asks of one `blechd-worker`: one JSON document on its stdin.
public struct WorkerRequest: Codable, Equatable, Sendable {
  public static let version = 1

  public enum Task: Codable, Equatable, Sendable {
    case inspect(InspectTask)
    case infer(InferTask)
    case commit(CommitTask)
    case recover(RecoverTask)
    case demo(DemoTask)
    case bench(BenchTask)
    case probe(ProbeTask)
    case notify(NotifyTask)
  }

  public var version = Self.version
  public var task: Task
  /// What the worker sets for itself before it opens any other file.
  public var limits: WorkerLimits

  public init(_ task: Task, limits: WorkerLimits = WorkerLimits()) {
    self.task = task
    self.limits = limits
  }
}

/// Reads a session and plans its jobs. Writes nothing. Answer: `.inspected`, or `.needsRecovery`.
public struct InspectTask: Codable, Equatable, Sendable {
  public var source: SessionSource
  public init(source: SessionSource) { self.source = source }
}

/// Infers one job's rates into the spool. Answer: `.inferred`.
public struct InferTask: Codable, Equatable, Sendable {
  public var source: SessionSource
  public var inspection: Inspection
  public var job: JobIdentity
  public var spool: String
  /// Train even where a result or a network of the same fingerprint is there.
  public var retrains: Bool

  public init(source: SessionSource, inspection: Inspection, job: JobIdentity, spool: String, retrains: Bool)
  {
    self.source = source
    self.inspection = inspection
    self.job = job
    self.spool = spool
    self.retrains = retrains
  }
}

/// Writes the spooled results of `jobs` into the session. Answer: `.commit`.
public struct CommitTask: Codable, Equatable, Sendable {
  public var source: SessionSource
  public var inspection: Inspection
  public var jobs: [JobIdentity]
  public var spool: String
  /// Those of `jobs` whose results stay in the spool, as another session needs them as well.
  public var sharing: [JobIdentity]
  /// How long after its beginning a script of the session's log is waited for; nil: not at all.
  public var pipelineWaitSeconds: Int?

  public init(
    source: SessionSource, inspection: Inspection, jobs: [JobIdentity], spool: String,
    sharing: [JobIdentity] = [], pipelineWaitSeconds: Int?
  ) {
    self.source = source
    self.inspection = inspection
    self.jobs = jobs
    self.spool = spool
    self.sharing = sharing
    self.pipelineWaitSeconds = pipelineWaitSeconds
  }
}

/// Undoes what interrupted commits have left. Answer: `.recovered`.
public struct RecoverTask: Codable, Equatable, Sendable {
  /// An .h5, or a directory that is searched for journals.
  public var path: String
  /// Search a directory with all that is below it.
  public var searchesBelow: Bool
  /// Set journals aside that do not fit their file.
  public var discardsRefused: Bool

  public init(path: String, searchesBelow: Bool, discardsRefused: Bool = false) {
    self.path = path
    self.searchesBelow = searchesBelow
    self.discardsRefused = discardsRefused
  }
}

/// Writes a synthetic sorted session. Answer: `.demonstrated`.
public struct DemoTask: Codable, Equatable, Sendable {
  /// The session's directory, which must not exist.
  public var directory: String
  /// Where the rates that drew the spikes go: a file outside `directory`.
  public var truth: String
  public var tastes: Int
  public var trials: Int
  public var units: Int
  public var seed: UInt64

  public init(directory: String, truth: String, tastes: Int, trials: Int, units: Int, seed: UInt64) {
    self.directory = directory
    self.truth = truth
    self.tastes = tastes
    self.trials = trials
    self.units = units
    self.seed = seed
  }
}

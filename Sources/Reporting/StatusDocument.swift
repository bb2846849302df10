/// What the daemon is doing, as `status.json` and the control socket have it: schema 1, names in snake case.
///
/// Members are added, never taken away or given another meaning, as long as the schema's number stays.
public struct StatusDocument: Codable, Equatable, Sendable {
  public struct Daemon: Codable, Equatable, Sendable {
    public enum State: String, Codable, Sendable {
      /// Not everything has been looked at yet.
      case scanning
      case watching
      case stopping
    }

    public var version: String
    public var pid: Int32
    /// ISO 8601, UTC, as all times here.
    public var started: String
    public var state: State
    /// It decides and runs nothing.
    public var dryRun: Bool
    /// The configuration's path.
    public var configuration: String

    public init(
      version: String, pid: Int32, started: String, state: State, dryRun: Bool, configuration: String
    ) {
      self.version = version
      self.pid = pid
      self.started = started
      self.state = state
      self.dryRun = dryRun
      self.configuration = configuration
    }
  }

  public struct Watch: Codable, Equatable, Sendable {
    public var path: String
    public var fileSystem: String?
    /// inotify, polling, both, or none: not known yet, or not there.
    public var backend: String
    public var directories: Int
    /// Of these, those that inotify watches.
    public var watched: Int
    public var pollIntervalS: Double?
    public var scanned: Bool
    public var problems: [String]

    public init(
      path: String, fileSystem: String?, backend: String, directories: Int, watched: Int,
      pollIntervalS: Double?,
      scanned: Bool, problems: [String]
    ) {
      self.path = path
      self.fileSystem = fileSystem
      self.backend = backend
      self.directories = directories
      self.watched = watched
      self.pollIntervalS = pollIntervalS
      self.scanned = scanned
      self.problems = problems
    }
  }

  /// What is done about the sessions that have work.
  public struct Work: Codable, Equatable, Sendable {
    /// A person has paused it.
    public var paused: Bool
    /// Why no further job begins, where one waits.
    public var hold: String?
    /// What keeps workers within their limits on this machine.
    public var limits: String
    /// How many jobs may run side by side, and the memory of one and of all, in MB.
    public var mostJobs: Int
    public var memoryPerJobMb: Int
    public var memoryTotalMb: Int
    /// Jobs by state.
    public var jobs: [String: Int]

    public init(
      paused: Bool, hold: String?, limits: String, mostJobs: Int, memoryPerJobMb: Int, memoryTotalMb: Int,
      jobs: [String: Int]
    ) {
      self.paused = paused
      self.hold = hold
      self.limits = limits
      self.mostJobs = mostJobs
      self.memoryPerJobMb = memoryPerJobMb
      self.memoryTotalMb = memoryTotalMb
      self.jobs = jobs
    }
  }

  /// A job that a worker is at work on.
  public struct Job: Codable, Equatable, Sendable {
    public var session: String
    public var region: String
    /// The taste's index, or `all`.
    public var taste: String
    public var tasteName: String
    public var state: String
    public var attempt: Int
    public var step: Int?
    public var steps: Int?
    public var trainingLoss: Double?
    public var validationLoss: Double?
    /// Since it began, and how much longer it takes if it goes on like that to its last step.
    public var elapsedS: Double
    public var etaS: Double?
    public var cpuS: Double?
    public var memoryBytes: Int?

    public init(
      session: String, region: String, taste: String, tasteName: String, state: String, attempt: Int,
      step: Int?, steps: Int?, trainingLoss: Double?, validationLoss: Double?, elapsedS: Double,
      etaS: Double?,
      cpuS: Double?, memoryBytes: Int?
    ) {
      self.session = session
      self.region = region
      self.taste = taste
      self.tasteName = tasteName
      self.state = state
      self.attempt = attempt
      self.step = step
      self.steps = steps
      self.trainingLoss = trainingLoss
      self.validationLoss = validationLoss
      self.elapsedS = elapsedS
      self.etaS = etaS
      self.cpuS = cpuS
      self.memoryBytes = memoryBytes
    }
  }

  /// A session that was worked on.
  public struct Ended: Codable, Equatable, Sendable {
    public var path: String
    /// done, partly_done, failed or cancelled.
    public var outcome: String
    public var reason: String
    public var finished: String

    public init(path: String, outcome: String, reason: String, finished: String) {
      self.path = path
      self.outcome = outcome
      self.reason = reason
      self.finished = finished
    }
  }

  public struct Session: Codable, Equatable, Sendable {
    public var path: String
    public var state: String
    public var reason: String

    public init(path: String, state: String, reason: String) {
      self.path = path
      self.state = state
      self.reason = reason
    }
  }

  public var schema = 1
  /// When this was written.
  public var written: String
  public var daemon: Daemon
  /// Roots, and the file systems mounted inside them.
  public var watches: [Watch]
  /// Sessions by state.
  public var counts: [String: Int]
  /// Sessions in a state that somebody may want to know of first, at most `mostSessions`.
  public var sessions: [Session]
  public var sessionsLeftOut: Int
  /// Nil where none is done.
  public var work: Work?
  /// Those that run.
  public var jobs: [Job]
  /// The sessions that ended last, the latest first, at most `mostEnded`.
  public var ended: [Ended]

  public static let mostSessions = 1000
  public static let mostEnded = 50

  /// - Parameter sessions: all of them, in any order.
  public init(
    written: String, daemon: Daemon, watches: [Watch], sessions: [Session], work: Work? = nil,
    jobs: [Job] = [], ended: [Ended] = []
  ) {
    self.written = written
    self.daemon = daemon
    self.watches = watches
    self.work = work
    self.jobs = jobs
    self.ended = Array(ended.prefix(Self.mostEnded))
    counts = sessions.reduce(into: [:]) { $0[$1.state, default: 0] += 1 }
    let sorted = sessions.sorted { left, right in
      let (one, other) = (Self.rank(left.state), Self.rank(right.state))
      return one == other ? left.path < right.path : one < other
    }
    self.sessions = Array(sorted.prefix(Self.mostSessions))
    sessionsLeftOut = sessions.count - self.sessions.count
  }

  /// What is as it should be comes last.
  private static func rank(_ state: String) -> Int {
    switch state {
    case "done", "foreign", "same": 2
    case "backlog": 1
    default: 0
    }
  }
}

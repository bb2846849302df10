import Parameters

/// What `inspect` finds in a session directory that can be worked on. One that cannot is a `Failure`.
public struct Inspection: Codable, Equatable, Sendable {
  /// The .h5's name without its extension.
  public var name: String
  /// The .h5's name.
  public var h5: String
  public var stamps: SessionStamps
  /// What says that the spikes are sorted; nil where there is no log, or it is not looked at.
  public var sorting: SortingEvidence?
  /// The script that was begun last of those that have not ended, however long ago; nil where there is none, or the log
  /// is not looked at.
  public var unfinished: UnfinishedScript?
  /// The parameters in force, all sources merged.
  public var parameters: InferenceParameters
  /// When the stimulus is delivered, in ms from the trial's start.
  public var stimulus: Int
  /// One for each region and taste, regions outermost, tastes in their order.
  public var jobs: [PlannedJob]
  /// What a person should know: skipped tastes and regions, assumptions made.
  public var notices: [String]
  /// Why results cannot be written as things are, or nil: better known before hours of training than after.
  public var obstacle: Failure?

  public init(
    name: String, h5: String, stamps: SessionStamps, sorting: SortingEvidence? = nil,
    unfinished: UnfinishedScript? = nil, parameters: InferenceParameters, stimulus: Int, jobs: [PlannedJob],
    notices: [String],
    obstacle: Failure? = nil
  ) {
    self.name = name
    self.h5 = h5
    self.stamps = stamps
    self.sorting = sorting
    self.unfinished = unfinished
    self.parameters = parameters
    self.stimulus = stimulus
    self.jobs = jobs
    self.notices = notices
    self.obstacle = obstacle
  }
}

/// The entry of a session's log that says that it is sorted.
public struct SortingEvidence: Codable, Equatable, Sendable {
  /// The script that put the spikes together.
  public var script: String
  /// When it was completed: "YYYY-MM-DD HH:MM:SS", local time of the machine that ran it, without a zone.
  public var completed: String

  public init(script: String, completed: String) {
    self.script = script
    self.completed = completed
  }
}

/// How one job went, for tables and status. The rates themselves go through the spool.
public struct JobSummary: Codable, Equatable, Sendable {
  /// Where a result came from.
  public enum Origin: String, Codable, Sendable {
    case trained
    /// An earlier run's network, kept in `rnn_output/artifacts`.
    case savedModel
    /// An earlier run that ended before its commit.
    case spool
    /// No unit fired: there was nothing to train.
    case silent
  }

  public var origin: Origin
  public var units: Int
  public var trials: Int
  /// Steps run, and the step, counted from 0, after which the network was best.
  public var steps: Int
  public var bestStep: Int?
  /// Of the best weights, dropout off.
  public var trainingLoss: Double?
  public var validationLoss: Double?
  /// Of the validation trials; nil where they hold no spike.
  public var bitsPerSpike: Double?
  public var psthBitsPerSpike: Double?
  public var seconds: Double
  public var warnings: [String]

  public init(
    origin: Origin, units: Int, trials: Int, steps: Int, bestStep: Int?, trainingLoss: Double?,
    validationLoss: Double?, bitsPerSpike: Double?, psthBitsPerSpike: Double?, seconds: Double,
    warnings: [String]
  ) {
    self.origin = origin
    self.units = units
    self.trials = trials
    self.steps = steps
    self.bestStep = bestStep
    self.trainingLoss = trainingLoss
    self.validationLoss = validationLoss
    self.bitsPerSpike = bitsPerSpike
    self.psthBitsPerSpike = psthBitsPerSpike
    self.seconds = seconds
    self.warnings = warnings
  }
}

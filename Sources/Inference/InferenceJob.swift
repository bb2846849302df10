import Parameters
import Vocabulary

/// All that is needed to infer the rates of one (region, taste) of a session: a value that can be made only
/// of parts that fit each other, so that running it fails for numerical reasons alone.
public struct InferenceJob: Sendable {
  /// Spikes per bin of the job's units in the window, (trials, units, bins); pooled tastes one after another.
  public let counts: SpikeCounts
  /// Shape (tastes), in the order in which they were pooled; one number for a single taste.
  public let trialsPerTaste: [Int]
  public let taste: TasteIdentity
  /// Rows of `/unit_descriptor`. Shape (units).
  public let unitRows: [Int]
  public let window: AnalysisWindow
  public let parameters: InferenceParameters
  /// Trials that train and trials that validate, among all of `counts`.
  public let split: TrialSplit

  let seed: JobSeed

  /// - Parameters:
  ///   - counts: (trials, units, bins), at least one unit; bins are those of `window`.
  ///   - trialsPerTaste: adds up to the trials of `counts`.
  ///   - window: made of `parameters`.
  ///
  /// Throws where there are too few trials to train and validate on. Traps where the parts do not fit.
  public init(
    counts: SpikeCounts, trialsPerTaste: [Int], taste: TasteIdentity, unitRows: [Int],
    window: AnalysisWindow, parameters: InferenceParameters
  ) throws(ParameterError) {
    precondition(counts.units >= 1, "a job has a unit")
    precondition(unitRows.count == counts.units, "each unit has a row in /unit_descriptor")
    precondition(counts.bins == window.bins, "the counts must be those of the window")
    precondition(trialsPerTaste.reduce(0, +) == counts.trials, "each trial belongs to a taste")
    precondition(
      window.limits == parameters.timeLims && window.binSize == parameters.binSize
        && window.forecastBins * window.binSize == parameters.forecastTime,
      "the window must be that of the parameters")
    self.counts = counts
    self.trialsPerTaste = trialsPerTaste
    self.taste = taste
    self.unitRows = unitRows
    self.window = window
    self.parameters = parameters
    seed = JobSeed(seed: parameters.seed, taste: taste, unitRows: unitRows)
    split = try TrialSplit(trials: counts.trials, parameters: parameters, seed: seed.split)
  }

  /// Hashes all counts: keep it rather than ask twice.
  public func fingerprint() -> Fingerprint {
    Fingerprint(
      counts: counts, trialsPerTaste: trialsPerTaste, taste: taste, unitRows: unitRows,
      stimulusBin: window.stimulusBin, parameters: parameters)
  }
}

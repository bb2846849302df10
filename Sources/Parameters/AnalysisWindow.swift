/// The bins of one inference. Exists only if `time_lims`, `bin_size` and `forecast_time` fit the trial and
/// hold the stimulus, so no later stage checks them again.
public struct AnalysisWindow: Equatable, Sendable {
  /// First and one-past-last millisecond of the trial that are used.
  public let limits: TimeLimits
  /// Width of one bin, in ms.
  public let binSize: Int
  /// Bins in the window.
  public let bins: Int
  /// Bins between an input and the label that it predicts.
  public let forecastBins: Int
  /// The bin in which the stimulus is delivered.
  public let stimulusBin: Int
  /// When the stimulus is delivered, in ms from the trial's start.
  public let stimulus: Int

  /// Bins for which rates are inferred: the window less the forecast.
  public var outputBins: Int { bins - forecastBins }

  /// Start of each output bin in ms from the window's start, as upstream's `pred_x`. Length `outputBins`.
  public var outputTimes: [Int] { (0..<outputBins).map { ($0 + forecastBins) * binSize } }

  /// Start of each output bin in ms from stimulus delivery. Length `outputBins`.
  public var outputTimesFromStimulus: [Double] {
    outputTimes.map { Double($0 + limits.start - stimulus) }
  }

  /// - Parameters:
  ///   - trialDuration: length of a trial, in ms.
  ///   - stimulus: when the stimulus is delivered, in ms from the trial's start.
  public init(
    _ parameters: InferenceParameters, trialDuration: Int, stimulus: Int
  ) throws(ParameterError) {
    try parameters.validate()
    let limits = parameters.timeLims
    func refuse(_ rule: String) -> ParameterError {
      ParameterError(parameter: "time_lims", value: "[\(limits.start), \(limits.end)]", rule: rule)
    }
    guard limits.end <= trialDuration else {
      throw refuse(
        "the window ends outside the trial, which lasts \(trialDuration) ms; choose limits from 0 to \(trialDuration)"
      )
    }
    guard (limits.start..<limits.end).contains(stimulus) else {
      throw refuse(
        "the window must hold the stimulus, which is delivered at \(stimulus) ms; choose limits around it")
    }
    let bins = limits.duration / parameters.binSize
    let forecastBins = parameters.forecastTime / parameters.binSize
    let stimulusBin = (stimulus - limits.start) / parameters.binSize
    guard stimulusBin < bins - forecastBins else {
      throw refuse(
        "the stimulus at \(stimulus) ms lies in the last \(parameters.forecastTime) ms of the window, which the "
          + "forecast trims; end the window later or forecast less")
    }
    self.limits = limits
    self.binSize = parameters.binSize
    self.bins = bins
    self.forecastBins = forecastBins
    self.stimulusBin = stimulusBin
    self.stimulus = stimulus
  }
}

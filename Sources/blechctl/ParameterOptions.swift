import ArgumentParser
import Parameters

extension TimeLimits: ExpressibleByArgument {
  /// `LO,HI`, as `UpstreamSpelling` joins them.
  public init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let start = parts[0], let end = parts[1] else { return nil }
    self.init(start: start, end: end)
  }
}

extension InferenceParameters.Model: ExpressibleByArgument {}

/// The parameters of an inference, under the names of blech_clust's `infer_rnn_rates.py`.
struct ParameterOptions: ParsableArguments {
  private static let defaults = InferenceParameters.default

  @Option(
    help: ArgumentHelp(
      "Part of each trial to use, in ms from its start: LO HI (default: 1500 4500).", valueName: "lo hi"))
  var timeLims: TimeLimits?
  @Option(help: "Width of a bin in ms (default: \(defaults.binSize)).")
  var binSize: Int?
  @Option(help: "How far ahead the network predicts, in ms (default: \(defaults.forecastTime)).")
  var forecastTime: Int?
  @Option(help: "Training steps at most (default: \(defaults.trainSteps)).")
  var trainSteps: Int?
  @Option(help: "Latent factors (default: \(defaults.hiddenSize)).")
  var hiddenSize: Int?
  @Option(help: "Share of the trials to train on (default: \(defaults.trainTestSplit)).")
  var trainTestSplit: Double?
  @Flag(help: "Use z-scored units instead of principal components.")
  var noPca = false
  @Flag(inversion: .prefixedNo, help: "One network for each taste (default: separate).")
  var separateTastes: Bool?
  @Flag(inversion: .prefixedNo, help: "One network for each brain region (default: together).")
  var separateRegions: Bool?
  @Option(
    help: "Validations without a better one before training stops; 0: never (default: \(defaults.patience)).")
  var patience: Int?
  @Option(help: "The network (default: \(defaults.model.rawValue)).")
  var model: InferenceParameters.Model?
  @Option(help: "Seed of everything random (default: \(defaults.seed)).")
  var seed: UInt64?

  func validate() throws {
    if let trainTestSplit, !trainTestSplit.isFinite {
      throw ValidationError("--train-test-split must be a number between 0 and 1.")
    }
  }

  var overrides: ParameterOverrides {
    var overrides = ParameterOverrides()
    overrides.timeLims = timeLims
    overrides.binSize = binSize
    overrides.forecastTime = forecastTime
    overrides.trainSteps = trainSteps
    overrides.hiddenSize = hiddenSize
    overrides.trainTestSplit = trainTestSplit
    overrides.usePCA = noPca ? false : nil
    overrides.separateTastes = separateTastes
    overrides.separateRegions = separateRegions
    overrides.patience = patience
    overrides.model = model
    overrides.seed = seed
    return overrides
  }
}

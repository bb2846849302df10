/// Everything that a person may set about an inference, under the names of blech_clust's
/// `blechrnn_params.json` (JSON keys in snake case).
public struct InferenceParameters: Codable, Equatable, Sendable {
  /// The part of each trial that is used, in ms from the start of the trial: [start, end).
  public var timeLims: TimeLimits
  /// Width of one bin, in ms.
  public var binSize: Int
  /// How far ahead the network predicts, in ms.
  public var forecastTime: Int
  /// Full-batch Adam steps at most.
  public var trainSteps: Int
  /// Units of each recurrent layer: the number of latent factors.
  public var hiddenSize: Int
  /// Share of the trials that the network is trained on; the others validate it.
  public var trainTestSplit: Double
  /// Whether the network sees principal components (true) or z-scored units (false).
  public var usePCA: Bool
  /// One network for each taste (true) or one for all of them (false).
  public var separateTastes: Bool
  /// One network for each brain region (true) or one for all of them (false).
  public var separateRegions: Bool
  /// Validations without a better one after which training stops; 0 never stops early.
  public var patience: Int
  public var model: Model
  public var dropout: Double
  public var learningRate: Double
  public var seed: UInt64

  public enum Model: String, Codable, CaseIterable, Sendable {
    case blechrnn
  }

  public static let `default` = InferenceParameters()

  public init() {
    timeLims = TimeLimits(start: 1500, end: 4500)
    binSize = 25
    forecastTime = 100
    trainSteps = 15000
    hiddenSize = 8
    trainTestSplit = 0.75
    usePCA = true
    separateTastes = true
    separateRegions = false
    patience = 10
    model = .blechrnn
    dropout = 0.2
    learningRate = 1e-3
    seed = 0
  }

  /// The names that people write.
  package enum CodingKeys: String, CodingKey, CaseIterable {
    case timeLims = "time_lims"
    case binSize = "bin_size"
    case forecastTime = "forecast_time"
    case trainSteps = "train_steps"
    case hiddenSize = "hidden_size"
    case trainTestSplit = "train_test_split"
    case usePCA = "use_pca"
    case separateTastes = "separate_tastes"
    case separateRegions = "separate_regions"
    case patience, model, dropout
    case learningRate = "learning_rate"
    case seed
  }
}

/// A half-open stretch of a trial, in ms from the trial's start. In JSON: `[start, end]`.
public struct TimeLimits: Codable, Equatable, Sendable {
  public var start: Int
  public var end: Int

  public var duration: Int { end - start }

  public init(start: Int, end: Int) {
    self.start = start
    self.end = end
  }

  public init(from decoder: any Decoder) throws {
    var pair = try decoder.unkeyedContainer()
    start = try pair.decode(Int.self)
    end = try pair.decode(Int.self)
    guard pair.isAtEnd else {
      throw DecodingError.dataCorruptedError(in: pair, debugDescription: "expected two numbers")
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var pair = encoder.unkeyedContainer()
    try pair.encode(start)
    try pair.encode(end)
  }
}

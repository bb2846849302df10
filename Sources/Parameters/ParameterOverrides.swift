import FoundationEssentials

/// Parameters that a person set somewhere: on the command line, or in a `blechrnn_params.json`. What is nil
/// was not set there.
public struct ParameterOverrides: Codable, Equatable, Sendable {
  public var timeLims: TimeLimits?
  public var binSize: Int?
  public var forecastTime: Int?
  public var trainSteps: Int?
  public var hiddenSize: Int?
  public var trainTestSplit: Double?
  public var usePCA: Bool?
  public var separateTastes: Bool?
  public var separateRegions: Bool?
  public var patience: Int?
  public var model: InferenceParameters.Model?
  public var dropout: Double?
  public var learningRate: Double?
  public var seed: UInt64?

  package typealias CodingKeys = InferenceParameters.CodingKeys

  public init() {}

  /// `parameters` with what is set here in place of its own.
  public func applied(to parameters: InferenceParameters) -> InferenceParameters {
    var result = parameters
    if let timeLims { result.timeLims = timeLims }
    if let binSize { result.binSize = binSize }
    if let forecastTime { result.forecastTime = forecastTime }
    if let trainSteps { result.trainSteps = trainSteps }
    if let hiddenSize { result.hiddenSize = hiddenSize }
    if let trainTestSplit { result.trainTestSplit = trainTestSplit }
    if let usePCA { result.usePCA = usePCA }
    if let separateTastes { result.separateTastes = separateTastes }
    if let separateRegions { result.separateRegions = separateRegions }
    if let patience { result.patience = patience }
    if let model { result.model = model }
    if let dropout { result.dropout = dropout }
    if let learningRate { result.learningRate = learningRate }
    if let seed { result.seed = seed }
    return result
  }

  /// What is set here, and, where nothing is, what `base` sets.
  public func layered(over base: ParameterOverrides) -> ParameterOverrides {
    var result = ParameterOverrides()
    result.timeLims = timeLims ?? base.timeLims
    result.binSize = binSize ?? base.binSize
    result.forecastTime = forecastTime ?? base.forecastTime
    result.trainSteps = trainSteps ?? base.trainSteps
    result.hiddenSize = hiddenSize ?? base.hiddenSize
    result.trainTestSplit = trainTestSplit ?? base.trainTestSplit
    result.usePCA = usePCA ?? base.usePCA
    result.separateTastes = separateTastes ?? base.separateTastes
    result.separateRegions = separateRegions ?? base.separateRegions
    result.patience = patience ?? base.patience
    result.model = model ?? base.model
    result.dropout = dropout ?? base.dropout
    result.learningRate = learningRate ?? base.learningRate
    result.seed = seed ?? base.seed
    return result
  }
}

extension ParameterOverrides {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func value<Value: Decodable>(_ key: CodingKeys) throws -> Value? {
      do {
        return try container.decodeIfPresent(Value.self, forKey: key)
      } catch let error as DecodingError {
        throw error
      } catch {
        // A number that the type cannot hold, such as 2.5 for an Int: Foundation forgets whose it is, and calls
        // the whole file invalid.
        throw DecodingError.typeMismatch(
          Value.self, .init(codingPath: container.codingPath + [key], debugDescription: "\(error)"))
      }
    }
    timeLims = try value(.timeLims)
    binSize = try value(.binSize)
    forecastTime = try value(.forecastTime)
    trainSteps = try value(.trainSteps)
    hiddenSize = try value(.hiddenSize)
    trainTestSplit = try value(.trainTestSplit)
    usePCA = try value(.usePCA)
    separateTastes = try value(.separateTastes)
    separateRegions = try value(.separateRegions)
    patience = try value(.patience)
    model = try value(.model)
    dropout = try value(.dropout)
    learningRate = try value(.learningRate)
    seed = try value(.seed)
  }
}

/// A `blechrnn_params.json` as read: what it sets, and the keys that mean nothing to blechd.
public struct ParameterFile: Equatable, Sendable {
  public let overrides: ParameterOverrides
  public let unknownKeys: [String]

  /// - Throws: `ParameterFileError`, which says which key is wrong and how.
  public init(json: [UInt8]) throws(ParameterFileError) {
    let data = Data(json)
    do {
      overrides = try JSONDecoder().decode(ParameterOverrides.self, from: data)
      let keys = try JSONDecoder().decode([String: Ignored].self, from: data).keys
      unknownKeys = keys.filter { ParameterOverrides.CodingKeys(stringValue: $0) == nil }.sorted()
    } catch let error as DecodingError {
      throw ParameterFileError(error)
    } catch {
      throw ParameterFileError(reason: "it cannot be read: \(error)")
    }
  }

  private struct Ignored: Decodable {
    init(from _: any Decoder) {}
  }
}

/// Why a `blechrnn_params.json` cannot be used.
public struct ParameterFileError: Error, Equatable, CustomStringConvertible, Sendable {
  public let reason: String
  public var description: String { reason }

  init(reason: String) { self.reason = reason }

  init(_ error: DecodingError) {
    func name(_ path: [any CodingKey]) -> String {
      path.isEmpty ? "it" : path.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined()
    }
    reason =
      switch error {
      case .typeMismatch(let type, let context):
        "\(name(context.codingPath)) must be of type \(Self.title(type))"
      case .valueNotFound(let type, let context):
        "\(name(context.codingPath)) must be of type \(Self.title(type))"
      case .keyNotFound(let key, _): "\(key.stringValue) is missing"
      case .dataCorrupted(let context) where context.codingPath.isEmpty: "it is not valid JSON"
      case .dataCorrupted(let context) where name(context.codingPath) == "model":
        "model must be one of \(InferenceParameters.Model.allCases.map(\.rawValue).joined(separator: ", "))"
      case .dataCorrupted(let context): "\(name(context.codingPath)): \(context.debugDescription)"
      @unknown default: "\(error)"
      }
  }

  private static func title(_ type: Any.Type) -> String {
    switch type {
    case is Int.Type: "whole number"
    case is UInt64.Type: "whole number, 0 or more"
    case is Double.Type: "number"
    case is Bool.Type: "true or false"
    case is String.Type: "text"
    case is TimeLimits.Type, is [Any].Type: "list of two whole numbers"
    default: "object"
    }
  }
}

import Inference
import Parameters
import RateNetwork
import SafeTensors
import Vocabulary

/// A trained network as it is kept in `rnn_output/artifacts`: its parameters under PyTorch's `state_dict`
/// names, its preprocessing beside them, and in the metadata what it was trained on and how that went.
struct ModelArtifact {
  var model: TrainedModel
  var fingerprint: String
  var parameters: InferenceParameters

  private enum Name {
    // Preprocessing: (units), (units), (components, units), (units), all float64.
    static let mean = "preprocessing.mean"
    static let scale = "preprocessing.scale"
    static let components = "preprocessing.components"
    static let pcaMean = "preprocessing.pca_mean"
    // Metadata.
    static let fingerprint = "fingerprint"
    static let parameters = "params"
    static let bestStep = "best_step"
    static let steps = "steps"
    static let trainingLoss = "train_loss"
    static let validationLoss = "validation_loss"
    static let shape = "shape"
  }

  var file: SafeTensorsFile {
    get throws {
      let network = model.network
      let shape = network.weights.shape
      var file = SafeTensorsFile(metadata: [
        "format": "pt", "software": Software.name,
        Name.fingerprint: fingerprint, Name.parameters: try JSONText.encode(parameters),
        Name.bestStep: "\(network.bestStep)", Name.steps: "\(network.steps)",
        Name.trainingLoss: "\(network.trainingLoss)", Name.validationLoss: "\(network.validationLoss)",
        Name.shape: "\(shape.inputs) \(shape.hidden) \(shape.outputs)",
      ])
      for (name, extents) in NetworkWeights.layout(of: shape) {
        file[name] = Tensor(network.weights[name], shape: extents)
      }
      let scaler = model.preprocessing.scaler
      file[Name.mean] = Tensor(scaler.mean, shape: [scaler.units])
      file[Name.scale] = Tensor(scaler.scale, shape: [scaler.units])
      if let components = model.preprocessing.components {
        file[Name.components] = Tensor(components.directions, shape: [components.count, components.units])
        file[Name.pcaMean] = Tensor(components.mean, shape: [components.units])
      }
      return file
    }
  }

  /// - Parameter losses: of training, which the file does not hold.
  /// - Throws: `SafeTensorsError` where the file is not such an artifact.
  init(_ file: SafeTensorsFile, losses: LossHistory) throws {
    func number<Number: LosslessStringConvertible>(_ name: String) throws(SafeTensorsError) -> Number {
      guard let number = file.metadata[name].flatMap({ Number($0) }) else { throw .missing(name) }
      return number
    }
    let sizes = (file.metadata[Name.shape] ?? "").split(separator: " ").compactMap { Int($0) }
    guard sizes.count == 3, sizes.allSatisfy({ (1...100_000).contains($0) }) else {
      throw SafeTensorsError.missing(Name.shape)
    }
    let shape = NetworkShape(inputs: sizes[0], hidden: sizes[1], outputs: sizes[2])
    var tensors: [String: [Float]] = [:]
    for (name, _) in NetworkWeights.layout(of: shape) {
      let values = try file.floats(name)
      guard values.allSatisfy(\.isFinite) else {
        throw SafeTensorsError.badHeader("\(name) holds no numbers")
      }
      tensors[name] = values
    }
    guard let weights = NetworkWeights(shape: shape, tensors: tensors) else {
      throw SafeTensorsError.badHeader("its tensors are not those of a network of \(sizes)")
    }
    let network = TrainedNetwork(
      weights: weights, bestStep: try number(Name.bestStep), steps: try number(Name.steps),
      trainingLosses: losses.training, validationLosses: losses.validation,
      trainingLoss: try number(Name.trainingLoss), validationLoss: try number(Name.validationLoss))
    model = TrainedModel(network: network, preprocessing: try Self.preprocessing(in: file))
    guard let fingerprint = file.metadata[Name.fingerprint] else {
      throw SafeTensorsError.missing(Name.fingerprint)
    }
    self.fingerprint = fingerprint
    parameters = try JSONText.decode(InferenceParameters.self, from: file.metadata[Name.parameters] ?? "")
  }

  init(model: TrainedModel, fingerprint: String, parameters: InferenceParameters) {
    self.model = model
    self.fingerprint = fingerprint
    self.parameters = parameters
  }

  private static func preprocessing(in file: SafeTensorsFile) throws(SafeTensorsError) -> Preprocessing {
    func finite(_ name: String) throws(SafeTensorsError) -> [Double] {
      let values = try file.doubles(name)
      guard values.allSatisfy(\.isFinite) else { throw .badHeader("\(name) holds no numbers") }
      return values
    }
    let (mean, scale) = (try finite(Name.mean), try finite(Name.scale))
    guard !mean.isEmpty, scale.count == mean.count, scale.allSatisfy({ $0 > 0 }) else {
      throw .badHeader("its preprocessing does not fit together")
    }
    let scaler = Scaler(mean: mean, scale: scale)
    guard file[Name.components] != nil else { return Preprocessing(scaler: scaler, components: nil) }
    let (directions, pcaMean) = (try finite(Name.components), try finite(Name.pcaMean))
    guard pcaMean.count == mean.count, !directions.isEmpty, directions.count.isMultiple(of: mean.count) else {
      throw .badHeader("its components do not fit together")
    }
    return Preprocessing(
      scaler: scaler, components: PrincipalComponents(mean: pcaMean, directions: directions))
  }
}

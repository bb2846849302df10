import Inference
import Parameters
import RateNetwork
import SafeTensors
import Vocabulary

/// One job's result between its inference and its commit, as the bytes of a safetensors file.
public struct StoredResult {
  public let fingerprint: String
  public var summary: JobSummary
  let parameters: InferenceParameters
  let rates: FiringRates
  let latent: Sequences
  /// Nil where no unit fired.
  let model: TrainedModel?

  private enum Name {
    static let rates = "result.pred_firing"
    static let latent = "result.latent_out"
    static let trainingLosses = "result.training_losses"
    static let validationSteps = "result.validation_steps"
    static let validationLosses = "result.validation_losses"
    static let fingerprint = "fingerprint"
    static let parameters = "params"
    static let summary = "summary"
  }

  public init(
    _ result: InferenceResult, of job: PlannedJob, parameters: InferenceParameters, summary: JobSummary
  ) {
    fingerprint = job.fingerprint
    self.parameters = parameters
    self.summary = summary
    rates = result.predFiring
    latent = result.latent
    model = result.model
  }

  public func encoded() throws -> [UInt8] {
    var file = SafeTensorsFile()
    if let model {
      file = try ModelArtifact(model: model, fingerprint: fingerprint, parameters: parameters).file
      let validation = model.network.validationLosses
      file[Name.trainingLosses] = Tensor(
        model.network.trainingLosses, shape: [model.network.trainingLosses.count])
      file[Name.validationSteps] = Tensor(validation.map { Int64($0.step) }, shape: [validation.count])
      file[Name.validationLosses] = Tensor(validation.map(\.loss), shape: [validation.count])
    }
    file[Name.rates] = Tensor(rates.values, shape: [rates.trials, rates.units, rates.bins])
    file[Name.latent] = Tensor(latent.values, shape: [latent.bins, latent.trials, latent.features])
    file.metadata[Name.fingerprint] = fingerprint
    file.metadata[Name.parameters] = try JSONText.encode(parameters)
    file.metadata[Name.summary] = try JSONText.encode(summary)
    return try file.encoded()
  }

  /// - Throws: where the bytes are not such a result.
  public init(decoding bytes: [UInt8]) throws {
    let file = try SafeTensorsFile(decoding: bytes)
    fingerprint = file.metadata[Name.fingerprint] ?? ""
    parameters = try JSONText.decode(InferenceParameters.self, from: file.metadata[Name.parameters] ?? "")
    summary = try JSONText.decode(JobSummary.self, from: file.metadata[Name.summary] ?? "")
    let (rateValues, latentValues) = (try file.doubles(Name.rates), try file.floats(Name.latent))
    guard let rateShape = file[Name.rates]?.shape, rateShape.count == 3,
      let latentShape = file[Name.latent]?.shape, latentShape.count == 3
    else { throw SafeTensorsError.badHeader("its arrays do not have three axes") }
    rates = FiringRates(trials: rateShape[0], units: rateShape[1], bins: rateShape[2], values: rateValues)
    latent = Sequences(
      bins: latentShape[0], trials: latentShape[1], features: latentShape[2], values: latentValues)
    guard file[Name.trainingLosses] != nil else {
      model = nil
      return
    }
    let steps = try file.integers(Name.validationSteps)
    let losses = LossHistory(
      training: try file.floats(Name.trainingLosses),
      validation: zip(steps, try file.floats(Name.validationLosses)).map {
        ValidationLoss(step: Int($0), loss: $1)
      })
    model = try ModelArtifact(file, losses: losses).model
  }
}

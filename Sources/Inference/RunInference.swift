import RateNetwork

/// Infers the rates of one job: counts, z-scores, principal components, network, and back to spikes per bin.
///
/// The same job gives the same bits in every run of one build, and with the model that an earlier run of it
/// saved. Source: `utils/infer_rnn_rates.py` of blech_clust, with dropout off wherever nothing is trained, and
/// with the best weights rather than the last.
/// - Parameters:
///   - saved: a model of the same job, used instead of training one.
///   - onProgress: called now and then while the network trains.
/// - Throws: `InferenceError.nonFiniteLoss`, or `.savedModelDoesNotFit` where `saved` is for other sizes.
public func runInference(
  _ job: InferenceJob, saved: TrainedModel? = nil, onProgress: (TrainingProgress) -> Void = { _ in }
) throws(InferenceError) -> InferenceResult {
  if job.counts.isSilent { return job.silentResult() }
  if let saved { try job.checkFit(of: saved) }
  let preprocessing =
    saved?.preprocessing ?? Preprocessing(fitting: job.counts, usePCA: job.parameters.usePCA)
  let data = NetworkInputs(preprocessing.features(of: job.counts), window: job.window)
  let network = if let saved { saved.network } else { try job.train(on: data, onProgress) }
  let (outputs, latent) = infer(network.weights, inputs: data.inputs)
  return job.result(
    rates: preprocessing.rates(of: Features(outputs)), latent: latent,
    model: TrainedModel(network: network, preprocessing: preprocessing))
}

extension InferenceJob {
  fileprivate func train(
    on data: NetworkInputs, _ onProgress: (TrainingProgress) -> Void
  ) throws(InferenceError) -> TrainedNetwork {
    let options = TrainingOptions(
      steps: parameters.trainSteps, learningRate: Float(parameters.learningRate),
      dropout: Float(parameters.dropout), patience: parameters.patience, seed: seed.training)
    do {
      return try RateNetwork.train(
        inputs: data.inputs, labels: data.labels, trainingTrials: split.training,
        validationTrials: split.validation, hidden: parameters.hiddenSize, options: options,
        onProgress: onProgress)
    } catch {
      switch error {
      case .nonFiniteLoss(let step): throw .nonFiniteLoss(step: step)
      }
    }
  }

  /// A model whose fingerprint matches always fits; a damaged one must not trap.
  fileprivate func checkFit(of model: TrainedModel) throws(InferenceError) {
    let (preprocessing, shape) = (model.preprocessing, model.network.weights.shape)
    func require(_ name: String, _ found: Int, _ expected: Int) throws(InferenceError) {
      if found != expected { throw .savedModelDoesNotFit("\(found) \(name) instead of \(expected)") }
    }
    try require("units", preprocessing.units, counts.units)
    try require("inputs", shape.inputs, preprocessing.featureCount + NetworkInputs.extraInputs)
    try require("outputs", shape.outputs, preprocessing.featureCount)
    try require("hidden units", shape.hidden, parameters.hiddenSize)
  }

  fileprivate func result(
    rates: FiringRates, latent: Sequences, model: TrainedModel
  ) -> InferenceResult {
    let score = ForecastScore(
      counts: counts, training: split.training, scored: split.validation, forecastBins: window.forecastBins)
    let bits = score.bitsPerSpike(of: rates)
    let bitsOfPSTH = score.bitsPerSpikeOfPSTH()
    var warnings: [InferenceWarning] = []
    let (training, validation) = (model.network.trainingLoss, model.network.validationLoss)
    if training > validation {
      warnings.append(.trainingLossAboveValidationLoss(training: training, validation: validation))
    }
    if let bits, let bitsOfPSTH, bits < bitsOfPSTH {
      warnings.append(.worseThanPSTH(model: bits, psth: bitsOfPSTH))
    }
    return InferenceResult(
      predFiring: rates, latent: latent, model: model, split: split, bitsPerSpike: bits,
      bitsPerSpikeOfPSTH: bitsOfPSTH, warnings: warnings)
  }

  fileprivate func silentResult() -> InferenceResult {
    let (trials, bins, hidden) = (counts.trials, window.outputBins, parameters.hiddenSize)
    return InferenceResult(
      predFiring: FiringRates(
        trials: trials, units: counts.units, bins: bins,
        values: Array(repeating: 0, count: trials * counts.units * bins)),
      latent: Sequences(
        bins: bins, trials: trials, features: hidden,
        values: Array(repeating: 0, count: bins * trials * hidden)),
      model: nil, split: split, bitsPerSpike: nil, bitsPerSpikeOfPSTH: nil, warnings: [.silent])
  }
}

extension Features {
  /// The network's outputs, (bins, trials, features).
  fileprivate init(_ outputs: Sequences) {
    self.init(
      bins: outputs.bins, trials: outputs.trials, count: outputs.features,
      values: outputs.values.map { Double($0) })
  }
}

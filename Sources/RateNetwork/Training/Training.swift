/// Trains a network from its seeded initial weights; the same arguments give the same bits.
///
/// Full-batch Adam on the mean squared error; validation with dropout off after every
/// `validationInterval`th step and after the last.
/// - Parameters:
///   - inputs: (bins, trials, inputs); labels: (bins, trials, outputs). The validation's may have other trials.
///   - hidden: units of each recurrent layer.
///   - onProgress: called after every validation and every 25th step.
/// - Throws: `TrainingError.nonFiniteLoss`.
public func train(
  inputs: Sequences, labels: Sequences, validationInputs: Sequences, validationLabels: Sequences, hidden: Int,
  options: TrainingOptions, onProgress: (TrainingProgress) -> Void = { _ in }
) throws(TrainingError) -> TrainedNetwork {
  try train(
    (inputs, labels, nil), validatingOn: (validationInputs, validationLabels, nil), hidden: hidden,
    options: options, onProgress: onProgress)
}

/// As `train(inputs:labels:validationInputs:validationLabels:hidden:options:onProgress:)`, on two choices of
/// the same sequences' trials, which spares the caller a copy of each.
public func train(
  inputs: Sequences, labels: Sequences, trainingTrials: [Int], validationTrials: [Int], hidden: Int,
  options: TrainingOptions, onProgress: (TrainingProgress) -> Void = { _ in }
) throws(TrainingError) -> TrainedNetwork {
  try train(
    (inputs, labels, trainingTrials), validatingOn: (inputs, labels, validationTrials), hidden: hidden,
    options: options, onProgress: onProgress)
}

/// Inputs and labels, and which of their trials count: nil for all.
private typealias Examples = (inputs: Sequences, labels: Sequences, trials: [Int]?)

private func train(
  _ training: Examples, validatingOn validation: Examples, hidden: Int, options: TrainingOptions,
  onProgress: (TrainingProgress) -> Void
) throws(TrainingError) -> TrainedNetwork {
  let shape = NetworkShape(
    inputs: training.inputs.features, hidden: hidden, outputs: training.labels.features)
  func workspace(_ examples: Examples, trains: Bool) -> Workspace {
    let workspace = Workspace(
      shape: shape, bins: examples.inputs.bins, trials: examples.trials?.count ?? examples.inputs.trials,
      trains: trains, drops: trains && options.dropout > 0)
    workspace.load(examples.inputs, examples.labels, trials: examples.trials)
    return workspace
  }
  var run = TrainingRun(
    workspace(training, trains: true), workspace(validation, trains: false),
    from: NetworkWeights(shape: shape, seed: options.seed), options)
  return try run.complete(onProgress)
}

extension Workspace {
  func load(_ inputs: Sequences, _ labels: Sequences, trials: [Int]? = nil) {
    precondition(inputs.features == shape.inputs && labels.features == shape.outputs, "sizes of the features")
    precondition(inputs.trials == labels.trials, "inputs and labels must have the same trials")
    load(inputs, trials: trials, into: self.inputs)
    load(labels, trials: trials, into: self.labels)
  }
}

/// One training from its first step to its last.
struct TrainingRun {
  /// Steps from one report of progress to the next.
  private static let reportInterval = 25

  private let training: Workspace
  private let validation: Workspace
  private let options: TrainingOptions
  private let adam: Adam
  private let generator: DropoutGenerator
  private var trainingLosses: [Float] = []
  private var validationLosses: [ValidationLoss] = []
  private var best: ValidationLoss?
  private var bestValues: [Float]
  private var validationsSinceBest = 0

  init(
    _ training: Workspace, _ validation: Workspace, from weights: NetworkWeights, _ options: TrainingOptions
  ) {
    precondition(options.steps >= 1 && options.validationInterval >= 1 && options.patience >= 0)
    self.training = training
    self.validation = validation
    self.options = options
    adam = Adam(weights, learningRate: options.learningRate)
    generator = DropoutGenerator(seed: options.seed, rate: options.dropout)
    bestValues = weights.values
    // Bounded: the number of steps is the user's, and a training may stop long before.
    let expected = min(options.steps, 1 << 16)
    trainingLosses.reserveCapacity(expected)
    validationLosses.reserveCapacity(expected / options.validationInterval + 1)
  }

  mutating func complete(
    _ onProgress: (TrainingProgress) -> Void
  ) throws(TrainingError) -> TrainedNetwork {
    for step in 0..<options.steps {
      try update(step)
      let completed = step + 1
      let validates = completed.isMultiple(of: options.validationInterval) || completed == options.steps
      if validates { try validate(step) }
      if validates || completed.isMultiple(of: Self.reportInterval) {
        onProgress(
          TrainingProgress(
            step: completed, steps: options.steps, trainingLoss: trainingLosses[step],
            validationLoss: validationLosses.last?.loss, bestStep: best?.step))
      }
      if validates && options.patience > 0 && validationsSinceBest >= options.patience { break }
    }
    return restoreBest()
  }

  /// Steps done so far.
  var stepsRun: Int { trainingLosses.count }

  mutating func update(_ step: Int) throws(TrainingError) {
    training.weights.pack(adam.parameters)
    if options.dropout > 0 { training.drawMasks(generator, step: step) }
    let loss = training.computeGradient(into: adam.gradient, drops: options.dropout > 0)
    guard loss.isFinite else { throw .nonFiniteLoss(step: step) }
    trainingLosses.append(loss)
    adam.step(scale: training.gradientScale)
  }

  private mutating func validate(_ step: Int) throws(TrainingError) {
    validation.weights.pack(adam.parameters)
    let loss = validation.loss()
    guard loss.isFinite else { throw .nonFiniteLoss(step: step) }
    let result = ValidationLoss(step: step, loss: loss)
    validationLosses.append(result)
    if best.map({ loss < $0.loss }) ?? true {
      best = result
      adam.snapshot(into: &bestValues)
      validationsSinceBest = 0
    } else {
      validationsSinceBest += 1
    }
  }

  private func restoreBest() -> TrainedNetwork {
    let best = best!
    training.weights.pack(bestValues)
    return TrainedNetwork(
      weights: NetworkWeights(shape: training.shape, values: bestValues), bestStep: best.step,
      steps: trainingLosses.count, trainingLosses: trainingLosses, validationLosses: validationLosses,
      trainingLoss: training.loss(), validationLoss: best.loss)
  }
}

extension Workspace {
  /// Draws the masks of one step into `dropout`.
  func drawMasks(_ generator: DropoutGenerator, step: Int) {
    let dropout = dropout!
    generator.fill(
      dropout.encoderMask, layer: .encoder, step: step, units: shape.hidden, bins: bins, trials: trials,
      lanes: lanes)
    generator.fill(
      dropout.betweenMask, layer: .between, step: step, units: shape.hidden, bins: bins, trials: trials,
      lanes: lanes)
  }
}

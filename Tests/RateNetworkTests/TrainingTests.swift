import Testing

@testable import RateNetwork

@Suite struct TrainingTests {
  private let inputs = randomSequences(bins: 10, trials: 7, features: 6, seed: 1)
  private let labels = randomSequences(bins: 10, trials: 7, features: 4, seed: 2)
  private let otherInputs = randomSequences(bins: 10, trials: 3, features: 6, seed: 3)
  private let otherLabels = randomSequences(bins: 10, trials: 3, features: 4, seed: 4)

  private func trained(
    _ options: TrainingOptions, validationLabels: Sequences? = nil,
    onProgress: (TrainingProgress) -> Void = { _ in }
  ) throws(TrainingError) -> TrainedNetwork {
    try train(
      inputs: inputs, labels: labels, validationInputs: otherInputs,
      validationLabels: validationLabels ?? otherLabels, hidden: 5, options: options, onProgress: onProgress)
  }

  @Test func `The same seed and data give the same bits; another seed gives others`() throws {
    let options = TrainingOptions(steps: 150, patience: 0, seed: 8)
    let first = try trained(options)
    #expect(try trained(options) == first)
    var other = options
    other.seed = 9
    #expect(try trained(other).weights != first.weights)
  }

  @Test func `Training lowers the loss and validates after every 100th step and the last`() throws {
    var progress: [TrainingProgress] = []
    let options = TrainingOptions(steps: 230, learningRate: 0.01, dropout: 0, patience: 0)
    let result = try trained(options) { progress.append($0) }
    #expect(result.steps == 230 && result.trainingLosses.count == 230)
    #expect(result.validationLosses.map(\.step) == [99, 199, 229])
    #expect(result.trainingLosses[229] < 0.8 * result.trainingLosses[0])
    #expect(progress.map(\.step) == [25, 50, 75, 100, 125, 150, 175, 200, 225, 230])
    #expect(progress[2].validationLoss == nil && progress[2].trainingLoss == result.trainingLosses[74])
    #expect(progress[3].validationLoss == result.validationLosses[0].loss && progress[3].bestStep == 99)
  }

  @Test func `Training stops after patience validations without a better one and restores the best`() throws {
    // Learning the labels ends in predicting worse and worse what is opposite to them.
    let opposite = Sequences(bins: 10, trials: 7, features: 4, values: labels.values.map { -5 * $0 })
    func run(_ steps: Int, patience: Int) throws -> TrainedNetwork {
      try train(
        inputs: inputs, labels: labels, validationInputs: inputs, validationLabels: opposite, hidden: 5,
        options: TrainingOptions(
          steps: steps, learningRate: 0.01, patience: patience, validationInterval: 40))
    }
    let stopped = try run(4000, patience: 3)
    let losses = stopped.validationLosses.map(\.loss)
    let best = try #require(losses.indices.min { losses[$0] < losses[$1] })
    #expect(best > 0 && losses.count == best + 1 + 3)
    #expect(stopped.validationLosses.map(\.step) == losses.indices.map { 40 * $0 + 39 })
    #expect(stopped.steps == 40 * losses.count && stopped.trainingLosses.count == stopped.steps)
    #expect(stopped.bestStep == 40 * best + 39)
    #expect(stopped.weights == (try run(stopped.bestStep + 1, patience: 0)).weights)
    #expect(stopped.validationLoss == losses[best])
    let outputs = infer(stopped.weights, inputs: inputs).outputs
    #expect(abs(meanSquaredError(outputs, opposite) - stopped.validationLoss) < 1e-5)
    #expect(abs(meanSquaredError(outputs, labels) - stopped.trainingLoss) < 1e-6)
    #expect(try run(400, patience: 0).steps == 400)
  }

  @Test func `Of equal validations the earliest is kept`() throws {
    let result = try trained(TrainingOptions(steps: 300, learningRate: 0, patience: 0))
    #expect(Set(result.validationLosses.map(\.loss)).count == 1)
    #expect(result.bestStep == 99)
  }

  @Test func `Dropout changes every step's loss; without it nothing does`() throws {
    let dropped = try trained(TrainingOptions(steps: 20, learningRate: 0, dropout: 0.2))
    #expect(Set(dropped.trainingLosses).count > 15)
    let plain = try trained(TrainingOptions(steps: 20, learningRate: 0, dropout: 0))
    #expect(Set(plain.trainingLosses) == [plain.trainingLoss])
  }

  @Test func `Choosing trials gives the bits of selected sequences`() throws {
    let options = TrainingOptions(steps: 30)
    let chosen = try train(
      inputs: inputs, labels: labels, trainingTrials: [5, 0, 2], validationTrials: [1], hidden: 4,
      options: options)
    let selected = try train(
      inputs: inputs.selecting(trials: [5, 0, 2]), labels: labels.selecting(trials: [5, 0, 2]),
      validationInputs: inputs.selecting(trials: [1]), validationLabels: labels.selecting(trials: [1]),
      hidden: 4, options: options)
    #expect(chosen == selected)
    #expect(inputs.selecting(trials: [5]).values[6] == inputs.values[7 * 6 + 5 * 6])
  }

  @Test func `A loss that is not finite ends training and names its step`() throws {
    let options = TrainingOptions(steps: 120, patience: 0)
    var broken = otherLabels
    broken.values[17] = .nan
    #expect(throws: TrainingError.nonFiniteLoss(step: 99)) { try trained(options, validationLabels: broken) }
    for bad in [Float.nan, .infinity] {
      var badLabels = labels
      badLabels.values[3] = bad
      #expect(throws: TrainingError.nonFiniteLoss(step: 0)) {
        try train(
          inputs: inputs, labels: badLabels, validationInputs: otherInputs, validationLabels: otherLabels,
          hidden: 2,
          options: options)
      }
    }
    var badInputs = inputs
    badInputs.values[11] = .nan
    #expect(throws: TrainingError.nonFiniteLoss(step: 0)) {
      try train(
        inputs: badInputs, labels: labels, validationInputs: otherInputs, validationLabels: otherLabels,
        hidden: 2,
        options: options)
    }
  }
}

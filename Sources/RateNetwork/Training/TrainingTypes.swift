/// How a network is trained.
public struct TrainingOptions: Equatable, Sendable {
  /// Steps of full-batch Adam, at least 1.
  public var steps: Int
  public var learningRate: Float
  /// Probability with which a value is dropped, at least 0 and below 1.
  public var dropout: Float
  /// Validations without a better one after which training stops; 0: never early.
  public var patience: Int
  public var seed: UInt64
  /// Steps from one validation to the next.
  public var validationInterval: Int

  public init(
    steps: Int = 15000, learningRate: Float = 1e-3, dropout: Float = 0.2, patience: Int = 10,
    seed: UInt64 = 0,
    validationInterval: Int = 100
  ) {
    self.steps = steps
    self.learningRate = learningRate
    self.dropout = dropout
    self.patience = patience
    self.seed = seed
    self.validationInterval = validationInterval
  }
}

/// Where a training stands: after every validation and every 25th step.
public struct TrainingProgress: Equatable, Sendable {
  /// Steps completed.
  public var step: Int
  /// Steps to run, unless training stops early.
  public var steps: Int
  /// Of the last step, dropout on, before its update.
  public var trainingLoss: Float
  /// Of the last validation; nil before the first.
  public var validationLoss: Float?
  /// The step with the lowest validation loss so far, counted from 0.
  public var bestStep: Int?
}

/// One validation: the loss after the step of this number, counted from 0.
public struct ValidationLoss: Equatable, Sendable {
  public let step: Int
  public let loss: Float

  public init(step: Int, loss: Float) {
    self.step = step
    self.loss = loss
  }
}

/// What a training gives.
public struct TrainedNetwork: Equatable, Sendable {
  /// The weights with the lowest validation loss, the earliest of equals.
  public let weights: NetworkWeights
  /// The step, counted from 0, after which these weights were found.
  public let bestStep: Int
  /// Steps run.
  public let steps: Int
  /// One for each step: dropout on, before the step's update.
  public let trainingLosses: [Float]
  public let validationLosses: [ValidationLoss]
  /// Of `weights` on the training sequences, dropout off.
  public let trainingLoss: Float
  /// Of `weights` on the validation sequences, dropout off.
  public let validationLoss: Float

  /// Restores what an earlier training gave.
  public init(
    weights: NetworkWeights, bestStep: Int, steps: Int, trainingLosses: [Float],
    validationLosses: [ValidationLoss], trainingLoss: Float, validationLoss: Float
  ) {
    self.weights = weights
    self.bestStep = bestStep
    self.steps = steps
    self.trainingLosses = trainingLosses
    self.validationLosses = validationLosses
    self.trainingLoss = trainingLoss
    self.validationLoss = validationLoss
  }
}

public enum TrainingError: Error, Equatable, Sendable {
  /// The training or validation loss of this step, counted from 0, is infinite or not a number.
  case nonFiniteLoss(step: Int)
}

import RateNetwork

/// A trained network with the preprocessing that its inputs came through: what is saved, and what spares a
/// later run the training.
public struct TrainedModel: Equatable, Sendable {
  public let network: TrainedNetwork
  public let preprocessing: Preprocessing

  public init(network: TrainedNetwork, preprocessing: Preprocessing) {
    self.network = network
    self.preprocessing = preprocessing
  }
}

/// What one job gives.
public struct InferenceResult: Sendable {
  /// Inferred rates of all trials in spikes per bin, none negative. Shape (trials, units, output bins).
  public let predFiring: FiringRates
  /// The second recurrent layer's states. Shape (output bins, trials, hidden).
  public let latent: Sequences
  /// What the rates were inferred with; nil where no unit fired, so that there was nothing to learn.
  public let model: TrainedModel?
  /// Trials that trained the network and trials that validated it.
  public let split: TrialSplit
  /// How well the rates forecast the validation trials; nil where those hold no spike.
  ///
  /// Training stopped where these trials were forecast best, so the number flatters the model a little.
  public let bitsPerSpike: Double?
  /// The same for the smoothed PSTH of the training trials.
  public let bitsPerSpikeOfPSTH: Double?
  /// What a person should know before using the rates.
  public let warnings: [InferenceWarning]
}

/// Something about a result that a person should know. The result stands all the same.
public enum InferenceWarning: Equatable, Sendable, CustomStringConvertible {
  /// No unit fired in the window.
  case silent
  /// The network does worse on what it learnt from than on the rest.
  case trainingLossAboveValidationLoss(training: Float, validation: Float)
  /// The rates forecast the validation trials worse than the PSTH does. Both in bits per spike.
  case worseThanPSTH(model: Double, psth: Double)

  public var description: String {
    switch self {
    case .silent:
      "no unit fired in the window; the rates are zero and no network was trained"
    case .trainingLossAboveValidationLoss(let training, let validation):
      "training loss above validation loss (\(rounded(Double(training))) against "
        + "\(rounded(Double(validation)))): easy validation trials, or not enough learnt; try another seed"
    case .worseThanPSTH(let model, let psth):
      "forecasts the validation trials worse than the smoothed PSTH (\(rounded(model)) against "
        + "\(rounded(psth)) bits per spike)"
    }
  }

  /// Four decimals are more than a few trials can tell apart.
  private func rounded(_ value: Double) -> Double { (value * 10000).rounded() / 10000 }
}

/// Why a job has no result.
public enum InferenceError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The loss of this step, counted from 0, was infinite or not a number.
  case nonFiniteLoss(step: Int)
  /// The saved model is for another number of units, features or hidden units.
  case savedModelDoesNotFit(String)

  public var description: String {
    switch self {
    case .nonFiniteLoss(let step):
      "the loss was no longer a finite number at step \(step), counted from 0; a smaller learning_rate may help"
    case .savedModelDoesNotFit(let reason):
      "the saved model does not fit the data: \(reason); train it again"
    }
  }
}

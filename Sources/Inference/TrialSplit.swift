import Parameters
import RateNetwork

/// Which trials train the network and which validate it. Every trial is in one of the two.
public struct TrialSplit: Equatable, Sendable {
  /// In rising order, at least one.
  public let training: [Int]
  /// In rising order, at least one.
  public let validation: [Int]

  /// Draws the share of `trials` trials that `parameters` ask for. The same seed draws the same trials.
  ///
  /// Throws where either side would be empty.
  public init(trials: Int, parameters: InferenceParameters, seed: UInt64) throws(ParameterError) {
    let trainingCount = try parameters.trainingTrials(of: trials)
    var generator = SeededGenerator(seed: seed)
    let order = generator.permutation(of: trials)
    training = order[..<trainingCount].sorted()
    validation = order[trainingCount...].sorted()
  }
}

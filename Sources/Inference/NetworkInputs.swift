import Parameters
import RateNetwork

/// What the network sees and what it shall say, for all trials of a job.
///
/// Source: `utils/infer_rnn_rates.py` of blech_clust.
public struct NetworkInputs: Equatable, Sendable {
  /// The features of each bin, then 1 in the bin of the stimulus and 0 elsewhere, then the trial's place from
  /// 0 (first) to 1 (last). Shape (output bins, trials, features + 2).
  public let inputs: Sequences
  /// The features `forecastBins` later. Shape (output bins, trials, features).
  public let labels: Sequences

  /// Inputs beside the features: stimulus and trial number.
  public static let extraInputs = 2

  /// - Parameter features: (bins, trials, features), of the bins of `window`.
  public init(_ features: Features, window: AnalysisWindow) {
    precondition(features.bins == window.bins, "the features must be those of the window")
    let (bins, trials, count) = (window.outputBins, features.trials, features.count)
    var inputs: [Float] = []
    inputs.reserveCapacity(bins * trials * (count + Self.extraInputs))
    for bin in 0..<bins {
      for trial in 0..<trials {
        let start = (bin * trials + trial) * count
        inputs += features.values[start..<(start + count)].lazy.map { Float($0) }
        inputs.append(bin == window.stimulusBin ? 1 : 0)
        inputs.append(trials > 1 ? Float(Double(trial) / Double(trials - 1)) : 0)
      }
    }
    self.inputs = Sequences(bins: bins, trials: trials, features: count + Self.extraInputs, values: inputs)
    labels = Sequences(
      bins: bins, trials: trials, features: count,
      values: features.values[(window.forecastBins * trials * count)...].map { Float($0) })
  }
}

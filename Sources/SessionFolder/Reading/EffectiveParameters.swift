import Parameters
import Vocabulary

extension Session {
  /// The parameters in force: the command line's over those of the session's `blechrnn_params.json` over the
  /// site's over the defaults.
  func parameters(
    for source: SessionSource
  ) throws(Failure) -> (parameters: InferenceParameters, notices: [String]) {
    var parameters = InferenceParameters.default
    if !source.ignoresFiles { parameters = source.siteParameters.applied(to: parameters) }
    var notices: [String] = []
    let path = directory.path(of: Self.inferenceParameters)
    if !source.ignoresFiles, let bytes = try bytes(of: Self.inferenceParameters) {
      do {
        let file = try ParameterFile(json: bytes)
        parameters = file.overrides.applied(to: parameters)
        notices += file.unknownKeys.map { "\(path): blechd knows no parameter \($0); it is ignored" }
      } catch {
        throw Failure(
          .badData, path, "cannot be used: \(error)", remedy: "correct it, or use --override-config")
      }
    }
    parameters = source.overrides.applied(to: parameters)
    do {
      try parameters.validate()
    } catch {
      throw Failure(.badData, "parameters", error.description, remedy: "")
    }
    return (parameters, notices)
  }

  /// When the stimulus is delivered, in ms from the trial's start: the first of `.params`'
  /// `spike_array_durations`.
  func stimulus(trialDuration: Int) throws(Failure) -> (milliseconds: Int, notices: [String]) {
    let path = directory.path(of: params)
    guard let json = try json(params) else {
      return (
        Self.usualStimulus,
        ["\(path) is missing: the stimulus is taken to be delivered at \(Self.usualStimulus) ms, as usual"]
      )
    }
    let durations = (json["spike_array_durations"]?.elements ?? []).map { $0.integer ?? -1 }
    guard durations.count == 2, durations.allSatisfy((0...Self.longestDuration).contains) else {
      throw Failure(
        .badData, "\(path), spike_array_durations",
        "must be the two durations, in ms, before and after the stimulus",
        remedy: "restore it, for example [2000, 5000]")
    }
    let expected = durations[0] + durations[1]
    return (
      durations[0],
      expected == trialDuration
        ? [] : ["\(path) promises trials of \(expected) ms, the spike arrays hold \(trialDuration) ms"]
    )
  }

  /// blech_clust's default.
  private static let usualStimulus = 2000
  /// An hour, in ms: far above any trial.
  private static let longestDuration = 3_600_000
}

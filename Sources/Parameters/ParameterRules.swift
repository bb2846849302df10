extension InferenceParameters {
  /// Checks every rule that needs no knowledge of the data. `AnalysisWindow` checks those that do.
  ///
  /// - Throws: the first of `violations`.
  public func validate() throws(ParameterError) {
    if let first = violations.first { throw first }
  }

  /// Every rule that needs no knowledge of the data and is broken. Of those about the window, which build on
  /// each other, the first.
  public var violations: [ParameterError] {
    var violations: [ParameterError] = []
    func require(_ holds: Bool, _ key: CodingKeys, _ value: Any, _ rule: String) {
      if !holds {
        violations.append(ParameterError(parameter: key.rawValue, value: "\(value)", rule: rule))
      }
    }
    do {
      try validateWindow()
    } catch {
      violations.append(error)
    }
    require(
      (1...Self.mostSteps).contains(trainSteps), .trainSteps, trainSteps, "must be 1...\(Self.mostSteps)")
    require((1...512).contains(hiddenSize), .hiddenSize, hiddenSize, "must be 1...512")
    require(
      trainTestSplit > 0 && trainTestSplit < 1, .trainTestSplit, trainTestSplit,
      "must lie between 0 and 1, without them")
    require(seed <= UInt64(Int64.max), .seed, seed, "must be 0...\(Int64.max)")
    require(patience >= 0, .patience, patience, "must be 0 (never stop early) or more")
    require(dropout >= 0 && dropout <= 0.99, .dropout, dropout, "must be 0...0.99")
    require(
      learningRate >= 1e-12 && learningRate <= 1, .learningRate, learningRate, "must be 1e-12...1")
    return violations
  }

  private func validateWindow() throws(ParameterError) {
    func require(_ holds: Bool, _ key: CodingKeys, _ value: Any, _ rule: String) throws(ParameterError) {
      if !holds { throw ParameterError(parameter: key.rawValue, value: "\(value)", rule: rule) }
    }
    let window = "[\(timeLims.start), \(timeLims.end)]"
    try require(binSize >= 1, .binSize, binSize, "must be at least 1 ms")
    try require(timeLims.start >= 0, .timeLims, window, "must not start before the trial, at 0 ms")
    try require(timeLims.end > timeLims.start, .timeLims, window, "must end after its start")
    try require(
      timeLims.end <= Self.longestTrial, .timeLims, window,
      "must end before \(Self.longestTrial) ms")
    try require(
      timeLims.duration.isMultiple(of: binSize), .timeLims, window,
      "its \(timeLims.duration) ms are not divisible by bin_size, \(binSize) ms; change one of them")
    try require(
      forecastTime >= binSize && forecastTime.isMultiple(of: binSize), .forecastTime, forecastTime,
      "must be a positive multiple of bin_size, \(binSize) ms")
    try require(
      forecastTime < timeLims.duration, .forecastTime, forecastTime,
      "must be shorter than the window, \(timeLims.duration) ms")
  }

  /// An hour, in ms: a bound on memory, far above any trial.
  static let longestTrial = 3_600_000
  /// A bound on the length of the loss history.
  static let mostSteps = 1_000_000

  /// How many of `trials` train the network: trunc(split x trials), the rest validate it.
  ///
  /// Throws where either side would be empty.
  public func trainingTrials(of trials: Int) throws(ParameterError) -> Int {
    let training = Int((trainTestSplit * Double(trials)).rounded(.towardZero))
    guard training >= 1, training < trials else {
      throw ParameterError(
        parameter: CodingKeys.trainTestSplit.rawValue, value: "\(trainTestSplit)",
        rule: "of \(trials) trial\(trials == 1 ? "" : "s") it leaves \(training) to train and "
          + "\(trials - training) to validate; both sides need at least one")
    }
    return training
  }
}

import Parameters
import Testing

@Suite struct ParameterRulesTests {
  @Test func `The defaults are upstream's and pass every rule`() throws {
    let parameters = InferenceParameters.default
    try parameters.validate()
    let window = try AnalysisWindow(parameters, trialDuration: 7000, stimulus: 2000)
    #expect(window.bins == 120)
    #expect(window.outputBins == 116)
    #expect(window.stimulusBin == 20)
    #expect(window.outputTimes.first == 100 && window.outputTimes.last == 2975)
    #expect(window.outputTimesFromStimulus.first == -400)
    #expect(try parameters.trainingTrials(of: 30) == 22)
  }

  struct Broken: Sendable, CustomTestStringConvertible {
    var parameter: String
    var change: @Sendable (inout InferenceParameters) -> Void
    var testDescription: String { parameter }
  }

  @Test(arguments: [
    Broken(parameter: "bin_size") { $0.binSize = 0 },
    Broken(parameter: "time_lims") { $0.timeLims = TimeLimits(start: -25, end: 4500) },
    Broken(parameter: "time_lims") { $0.timeLims = TimeLimits(start: 4500, end: 1500) },
    Broken(parameter: "time_lims") { $0.timeLims = TimeLimits(start: 1500, end: 4510) },
    Broken(parameter: "time_lims") { $0.timeLims = TimeLimits(start: 1500, end: 9000) },
    Broken(parameter: "time_lims") { $0.timeLims = TimeLimits(start: 2500, end: 4500) },
    Broken(parameter: "time_lims") { $0.timeLims = TimeLimits(start: 1000, end: 2050) },
    Broken(parameter: "forecast_time") { $0.forecastTime = 0 },
    Broken(parameter: "forecast_time") { $0.forecastTime = 30 },
    Broken(parameter: "forecast_time") { $0.forecastTime = 3000 },
    Broken(parameter: "train_steps") { $0.trainSteps = 0 },
    Broken(parameter: "hidden_size") { $0.hiddenSize = 513 },
    Broken(parameter: "train_test_split") { $0.trainTestSplit = 1 },
    Broken(parameter: "train_test_split") { $0.trainTestSplit = .nan },
    Broken(parameter: "patience") { $0.patience = -1 },
    Broken(parameter: "dropout") { $0.dropout = 1 },
    Broken(parameter: "learning_rate") { $0.learningRate = 0 },
  ]) func `A value outside its rule is refused under its own name`(broken: Broken) {
    var parameters = InferenceParameters.default
    broken.change(&parameters)
    let error = #expect(throws: ParameterError.self) {
      try AnalysisWindow(parameters, trialDuration: 7000, stimulus: 2000)
    }
    #expect(error?.parameter == broken.parameter)
  }

  @Test func `All broken rules are named, of the window's the first`() {
    var parameters = InferenceParameters.default
    parameters.binSize = 0
    parameters.forecastTime = 0
    parameters.hiddenSize = 0
    parameters.dropout = 2
    #expect(parameters.violations.map(\.parameter) == ["bin_size", "hidden_size", "dropout"])
    #expect(InferenceParameters.default.violations == [])
  }

  @Test(arguments: [(1, 0.75), (2, 0.4), (0, 0.5)])
  func `A split that leaves a side empty is refused`(trials: Int, split: Double) {
    var parameters = InferenceParameters.default
    parameters.trainTestSplit = split
    #expect(throws: ParameterError.self) { try parameters.trainingTrials(of: trials) }
  }
}

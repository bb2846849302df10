import Parameters
import Testing

@Suite struct ParameterFileTests {
  private func file(_ json: String) throws -> ParameterFile { try ParameterFile(json: Array(json.utf8)) }

  @Test func `Upstream's own file is read`() throws {
    let file = try file(
      """
      {"time_lims": [1000, 4000], "train_steps": 200, "hidden_size": 4, "bin_size": 50,
       "train_test_split": 0.5, "forecast_time": 50, "use_pca": false}
      """)
    var expected = InferenceParameters.default
    expected.timeLims = TimeLimits(start: 1000, end: 4000)
    expected.trainSteps = 200
    expected.hiddenSize = 4
    expected.binSize = 50
    expected.trainTestSplit = 0.5
    expected.forecastTime = 50
    expected.usePCA = false
    #expect(file.overrides.applied(to: .default) == expected)
    #expect(file.unknownKeys == [])
  }

  @Test func `What blechd adds is read too`() throws {
    let file = try file(
      """
      {"separate_tastes": false, "separate_regions": true, "patience": 0, "model": "blechrnn",
       "dropout": 0.5, "learning_rate": 0.01, "seed": 9223372036854775807}
      """)
    let parameters = file.overrides.applied(to: .default)
    #expect(!parameters.separateTastes && parameters.separateRegions)
    #expect(parameters.patience == 0 && parameters.dropout == 0.5 && parameters.learningRate == 0.01)
    #expect(parameters.seed == UInt64(Int64.max))
  }

  @Test func `Unknown keys are named and set nothing`() throws {
    let file = try file(#"{"zeta": [1, {"a": null}], "hidden_size": 4, "binsize": 50, "use_PCA": "x"}"#)
    #expect(file.unknownKeys == ["binsize", "use_PCA", "zeta"])
    var expected = ParameterOverrides()
    expected.hiddenSize = 4
    #expect(file.overrides == expected)
  }

  @Test func `A whole number may be written as a decimal, and null sets nothing`() throws {
    let overrides = try file(#"{"bin_size": 50.0, "hidden_size": null}"#).overrides
    #expect(overrides.binSize == 50)
    #expect(overrides.hiddenSize == nil)
  }

  @Test(arguments: [
    (#"{"bin_size": "25"}"#, "bin_size must be of type whole number"),
    (#"{"bin_size": 25.5}"#, "bin_size"),
    (#"{"seed": -1}"#, "seed"),
    (#"{"train_steps": 1e30}"#, "train_steps"),
    (#"{"train_test_split": "half"}"#, "train_test_split must be of type number"),
    (#"{"use_pca": 1}"#, "use_pca must be of type true or false"),
    (#"{"model": "transformer"}"#, "model"),
    (#"{"model": 1}"#, "model must be of type text"),
    (#"{"time_lims": [1500]}"#, "time_lims"),
    (#"{"time_lims": [1500, 4500, 1]}"#, "time_lims"),
    (#"{"time_lims": [1500, "4500"]}"#, "time_lims"),
    (#"{"time_lims": {"lo": 1}}"#, "time_lims must be of type list"),
    (#"{"time_lims": 1500}"#, "time_lims must be of type list"),
    (#"[1, 2]"#, "it must be of type object"), ("3", "it must be of type object"),
    (#"{"bin_size": NaN}"#, "it is not valid JSON"), (#"{"bin_size": 25"#, "it is not valid JSON"),
    ("", "it is not valid JSON"), ("\u{0}", "it is not valid JSON"),
    (String(repeating: "[", count: 100_000), "it is not valid JSON"),
  ]) func `A file that cannot be used says which key is wrong`(json: String, reason: String) {
    let error = #expect(throws: ParameterFileError.self) { try file(json) }
    #expect(error?.description.hasPrefix(reason) == true, "\(error?.description ?? "")")
  }

  @Test func `What is set on top wins, what is not set stays`() throws {
    let file = try file(#"{"bin_size": 50, "hidden_size": 4}"#).overrides
    var commandLine = ParameterOverrides()
    commandLine.hiddenSize = 16
    let parameters = commandLine.applied(to: file.applied(to: .default))
    #expect(parameters.hiddenSize == 16)
    #expect(parameters.binSize == 50)
    #expect(parameters.forecastTime == InferenceParameters.default.forecastTime)
    #expect(ParameterOverrides().applied(to: parameters) == parameters)
  }

  @Test func `Every parameter can be set`() {
    var all = ParameterOverrides()
    all.timeLims = TimeLimits(start: 1, end: 2)
    all.binSize = 3
    all.forecastTime = 4
    all.trainSteps = 5
    all.hiddenSize = 6
    all.trainTestSplit = 0.7
    all.usePCA = false
    all.separateTastes = false
    all.separateRegions = true
    all.patience = 8
    all.model = .blechrnn
    all.dropout = 0.9
    all.learningRate = 0.01
    all.seed = 11
    let result = all.applied(to: .default)
    #expect(result.timeLims == all.timeLims && result.binSize == 3 && result.forecastTime == 4)
    #expect(result.trainSteps == 5 && result.hiddenSize == 6 && result.trainTestSplit == 0.7)
    #expect(!result.usePCA && !result.separateTastes && result.separateRegions && result.patience == 8)
    #expect(result.model == .blechrnn && result.dropout == 0.9 && result.learningRate == 0.01)
    #expect(result.seed == 11)
  }
}

@Suite struct LayersTests {
  private static let upper: ParameterOverrides = {
    var upper = ParameterOverrides()
    upper.timeLims = TimeLimits(start: 1, end: 2)
    upper.binSize = 3
    upper.trainSteps = 5
    upper.trainTestSplit = 0.7
    upper.separateTastes = false
    upper.patience = 8
    upper.dropout = 0.9
    upper.seed = 11
    return upper
  }()

  private static let lower: ParameterOverrides = {
    var lower = ParameterOverrides()
    lower.forecastTime = 4
    lower.hiddenSize = 6
    lower.usePCA = false
    lower.separateRegions = true
    lower.model = .blechrnn
    lower.learningRate = 0.01
    return lower
  }()

  @Test func `One layer over another is what applying both gives`() {
    let both = Self.upper.layered(over: Self.lower)
    #expect(both.applied(to: .default) == Self.upper.applied(to: Self.lower.applied(to: .default)))
    #expect(Self.lower.layered(over: Self.upper) == both)
    #expect(both.model == .blechrnn)
  }

  @Test func `What both set is the upper layer's`() {
    var lower = Self.lower
    lower.binSize = 50
    lower.hiddenSize = 7
    let both = Self.upper.layered(over: lower)
    #expect(both.binSize == 3 && both.hiddenSize == 7)
    #expect(ParameterOverrides().layered(over: lower) == lower)
    #expect(lower.layered(over: ParameterOverrides()) == lower)
  }
}

import Inference
import Parameters
import Testing

@Suite struct NetworkInputsTests {
  /// 6 bins of which 2 are forecast, the stimulus in bin 1.
  private static func window() throws -> AnalysisWindow {
    var parameters = InferenceParameters.default
    parameters.timeLims = TimeLimits(start: 100, end: 250)
    parameters.forecastTime = 50
    return try AnalysisWindow(parameters, trialDuration: 300, stimulus: 149)
  }

  @Test func `Inputs are features, stimulus and trial number; labels are later features`() throws {
    // Feature f of trial t in bin b is 100 b + 10 t + f.
    var values: [Double] = []
    for bin in 0..<6 {
      for trial in 0..<3 {
        for feature in 0..<2 { values.append(Double(100 * bin + 10 * trial + feature)) }
      }
    }
    let features = Features(bins: 6, trials: 3, count: 2, values: values)
    let made = try NetworkInputs(features, window: Self.window())
    #expect(made.inputs.bins == 4 && made.inputs.trials == 3 && made.inputs.features == 4)
    #expect(
      made.inputs.values[..<24] == [
        0, 1, 0, 0, 10, 11, 0, 0.5, 20, 21, 0, 1,
        100, 101, 1, 0, 110, 111, 1, 0.5, 120, 121, 1, 1,
      ])
    #expect(made.inputs.values.count == 48 && made.inputs.values[44...] == [320, 321, 0, 1])
    #expect(made.labels.bins == 4 && made.labels.trials == 3 && made.labels.features == 2)
    #expect(made.labels.values[..<6] == [200, 201, 210, 211, 220, 221])
    #expect(made.labels.values[18...] == [500, 501, 510, 511, 520, 521])
  }

  @Test func `A single trial has number zero`() throws {
    let features = Features(bins: 6, trials: 1, count: 1, values: Array(repeating: 3, count: 6))
    let made = try NetworkInputs(features, window: Self.window())
    #expect(made.inputs.values == [3, 0, 0, 3, 1, 0, 3, 0, 0, 3, 0, 0])
  }
}

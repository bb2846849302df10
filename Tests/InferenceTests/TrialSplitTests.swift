import Inference
import Parameters
import Testing

@Suite struct TrialSplitTests {
  @Test(arguments: [(30, 0.75, 22), (2, 0.75, 1), (7, 0.5, 3), (121, 0.9, 108)])
  func `Both sides are sorted, share no trial, and hold all of them`(
    trials: Int, share: Double, train: Int
  ) throws {
    var parameters = InferenceParameters.default
    parameters.trainTestSplit = share
    let split = try TrialSplit(trials: trials, parameters: parameters, seed: 11)
    #expect(split.training.count == train)
    #expect(split.training == split.training.sorted() && split.validation == split.validation.sorted())
    #expect((split.training + split.validation).sorted() == Array(0..<trials))
  }

  @Test func `The seed alone decides which trials train`() throws {
    let splits = try (0..<20).map { try TrialSplit(trials: 30, parameters: .default, seed: $0) }
    #expect(try TrialSplit(trials: 30, parameters: .default, seed: 7) == splits[7])
    #expect(Set(splits.map(\.training)).count == 20)
    // Every trial gets its turn on both sides.
    #expect(Set(splits.flatMap(\.training)).count == 30 && Set(splits.flatMap(\.validation)).count == 30)
  }

  @Test func `Too few trials are refused`() {
    #expect(throws: ParameterError.self) { try TrialSplit(trials: 1, parameters: .default, seed: 0) }
  }
}

import Parameters
import Testing
import Vocabulary

@testable import Jobs

@Suite struct MemoryEstimateTests {
  private static func job(units: Int, trials: [Int]) -> PlannedJob {
    PlannedJob(
      identity: JobIdentity(region: "gc", taste: .index(0)), digIns: [], tasteName: "",
      unitRows: Array(0..<units), trialsPerTaste: trials, laserTrials: 0, fingerprint: "", existing: .none)
  }

  private static func parameters(
    _ window: Range<Int> = 1500..<4500, bin: Int = 25, hidden: Int = 8
  ) -> InferenceParameters {
    var parameters = InferenceParameters.default
    parameters.timeLims = TimeLimits(start: window.lowerBound, end: window.upperBound)
    parameters.binSize = bin
    parameters.hiddenSize = hidden
    return parameters
  }

  private static func bytes(
    _ units: Int, _ trials: Int, _ window: Range<Int> = 1500..<4500, _ bin: Int = 25, _ hidden: Int = 8
  ) -> Int {
    MemoryEstimate.bytes(
      for: job(units: units, trials: [trials]), parameters(window, bin: bin, hidden: hidden))
  }

  @Test(arguments: [
    // Units, trials, window, bin, hidden units, and what was measured, in MB.
    (10, 30, 1500..<4500, 25, 8, 29.8), (10, 30, 1500..<4500, 25, 512, 127.1),
    (10, 120, 0..<7000, 1, 8, 395.4),
    (40, 30, 1500..<4500, 25, 8, 34.2), (40, 120, 0..<7000, 10, 8, 220.8), (40, 120, 0..<7000, 25, 64, 120.8),
    (100, 120, 1500..<4500, 25, 64, 97.0), (100, 120, 0..<7000, 10, 64, 336.1),
    (100, 30, 0..<7000, 1, 8, 577.5),
    (300, 30, 1500..<4500, 25, 8, 75.6), (300, 66, 0..<7000, 25, 64, 298.0),
    (300, 66, 0..<7000, 10, 64, 458.5),
  ])
  func `The estimate is above what was measured, and not far`(
    units: Int, trials: Int, window: Range<Int>, bin: Int, hidden: Int, measuredMB: Double
  ) {
    let ratio = Double(Self.bytes(units, trials, window, bin, hidden)) / (measuredMB * 1e6)
    #expect((1...1.7).contains(ratio))
  }

  @Test func `More of anything is never less memory`() {
    let steps = [0, 1, 2, 7, 30, 31, 300, 10_000]
    for (less, more) in zip(steps, steps.dropFirst()) {
      #expect(Self.bytes(less, 30) <= Self.bytes(more, 30))
      #expect(Self.bytes(40, less) <= Self.bytes(40, more))
      #expect(Self.bytes(40, 30, 0..<less) <= Self.bytes(40, 30, 0..<more))
      #expect(Self.bytes(40, 30, 0..<7000, more) <= Self.bytes(40, 30, 0..<7000, less))
      #expect(Self.bytes(40, 30, 0..<7000, 25, less) <= Self.bytes(40, 30, 0..<7000, 25, more))
    }
  }

  @Test func `Trials of several tastes count together`() {
    let pooled = MemoryEstimate.bytes(for: Self.job(units: 40, trials: [10, 20]), Self.parameters())
    #expect(pooled == Self.bytes(40, 30))
  }

  @Test func `What no machine holds is no more than the most`() {
    let hostile = Self.job(units: 300, trials: [.max, .max, -5])
    #expect(MemoryEstimate.bytes(for: hostile, Self.parameters(0..<Int.max, bin: 1, hidden: .max)) == .max)
    var backwards = Self.parameters(bin: .min, hidden: .min)
    backwards.timeLims = TimeLimits(start: .max, end: .min)
    #expect(MemoryEstimate.bytes(for: Self.job(units: 0, trials: []), backwards) > 1_000_000)
    backwards.timeLims = TimeLimits(start: .min, end: .max)
    #expect(MemoryEstimate.bytes(for: Self.job(units: 1, trials: [1]), backwards) > 1 << 60)
  }
}

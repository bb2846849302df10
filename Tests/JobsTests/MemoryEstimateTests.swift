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
    (300, 66, 0..<7000, 10, 64, 458.5), (300, 120, 1500..<4500, 25, 8, 189.2),
    (300, 120, 0..<7000, 10, 8, 654.0), (300, 120, 0..<7000, 25, 256, 461.2),
    (3, 8, 1500..<4500, 25, 512, 98.7), (3, 8, 0..<7000, 1, 8, 54.7), (3, 8, 0..<7000, 25, 8, 29.4),
  ])
  func `The estimate is above what was measured, and not far`(
    units: Int, trials: Int, window: Range<Int>, bin: Int, hidden: Int, measuredMB: Double
  ) {
    let ratio = Double(Self.bytes(units, trials, window, bin, hidden)) / (measuredMB * 1e6)
    #expect((1...1.7).contains(ratio))
  }

  @Test(arguments: [
    // Tastes, units, trials, window, bin, hidden units, and what was measured, in MB.
    (2, 3, 8, 1500..<4500, 25, 8, 29.2), (2, 3, 8, 0..<7000, 10, 64, 39.8),
    (4, 40, 30, 1500..<4500, 25, 8, 42.6), (4, 40, 30, 0..<7000, 1, 8, 756.8),
    (2, 40, 30, 0..<7000, 10, 8, 77.1), (2, 100, 120, 0..<7000, 10, 64, 535.5),
    (2, 100, 30, 0..<7000, 1, 8, 1061.8), (2, 300, 120, 1500..<4500, 25, 8, 266.7),
    (2, 300, 120, 0..<7000, 10, 64, 1337.3),
  ])
  func `So is that of a commit`(
    tastes: Int, units: Int, trials: Int, window: Range<Int>, bin: Int, hidden: Int, measuredMB: Double
  ) {
    let jobs = [PlannedJob](repeating: Self.job(units: units, trials: [trials]), count: tastes)
    let estimate = MemoryEstimate.bytes(forCommitOf: jobs, Self.parameters(window, bin: bin, hidden: hidden))
    let ratio = Double(estimate) / (measuredMB * 1e6)
    #expect((1...1.7).contains(ratio))
  }

  @Test func `Each result that is committed adds to the others`() {
    let (one, other) = (Self.job(units: 40, trials: [30]), Self.job(units: 1, trials: [1]))
    let bytes = [[], [one], [one, other], [one, other, one]].map {
      MemoryEstimate.bytes(forCommitOf: $0, Self.parameters())
    }
    #expect(bytes == bytes.sorted() && Set(bytes).count == 4)
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
    #expect(
      MemoryEstimate.bytes(
        forCommitOf: [hostile, hostile], Self.parameters(0..<Int.max, bin: 1, hidden: .max)) == .max)
    var backwards = Self.parameters(bin: .min, hidden: .min)
    backwards.timeLims = TimeLimits(start: .max, end: .min)
    #expect(MemoryEstimate.bytes(for: Self.job(units: 0, trials: []), backwards) > 1_000_000)
    backwards.timeLims = TimeLimits(start: .min, end: .max)
    #expect(MemoryEstimate.bytes(for: Self.job(units: 1, trials: [1]), backwards) > 1 << 60)
  }
}

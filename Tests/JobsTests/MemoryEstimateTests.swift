import Parameters
import Testing
import Vocabulary

@testable import Jobs

struct MemoryEstimateTests {
  private func bytes(trials: Int, units: Int, hidden: Int = 8) -> Int {
    var parameters = InferenceParameters.default
    parameters.hiddenSize = hidden
    let job = PlannedJob(
      identity: JobIdentity(region: "all", taste: .index(0)), digIns: ["dig_in_0"], tasteName: "water",
      unitRows: Array(0..<units), trialsPerTaste: [trials], laserTrials: 0, fingerprint: "f", existing: .none)
    return MemoryEstimate.bytes(for: job, parameters)
  }

  /// What a release build took on an x86-64 machine, in MB (docs/performance.md).
  @Test(arguments: [
    (20, 10, 8, 29.4), (20, 10, 64, 34.7), (30, 40, 8, 33.3), (30, 40, 64, 41.5), (30, 100, 8, 40.9),
    (30, 100, 64, 48.0), (30, 300, 8, 75.8), (30, 300, 64, 84.9), (120, 40, 8, 54.8), (120, 40, 64, 72.2),
    (120, 100, 8, 99.2), (120, 100, 64, 129.7),
  ])
  func `it lies above what was measured, and not far`(
    _ trials: Int, _ units: Int, _ hidden: Int, _ measuredMB: Double
  ) {
    let estimate = Double(bytes(trials: trials, units: units, hidden: hidden)) / 1e6
    #expect(estimate >= measuredMB)
    #expect(estimate <= 1.35 * measuredMB)
  }

  @Test func `more of anything takes more, and no shape is too large to be told`() {
    #expect(bytes(trials: 30, units: 40) < bytes(trials: 31, units: 40))
    #expect(bytes(trials: 30, units: 40) < bytes(trials: 30, units: 41))
    #expect(bytes(trials: 30, units: 40) < bytes(trials: 30, units: 40, hidden: 9))
    #expect(bytes(trials: .max, units: 1000, hidden: 512) == 1 << 62)
  }
}

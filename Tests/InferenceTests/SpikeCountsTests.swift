import Inference
import Testing

@Suite struct SpikeCountsTests {
  @Test func `Tastes with different numbers of trials are pooled in their order`() {
    let first = SpikeCounts(trials: 1, units: 2, bins: 2, values: [1, 2, 3, 4])
    let second = SpikeCounts(trials: 2, units: 2, bins: 2, values: [5, 6, 7, 8, 9, 10, 11, 12])
    let pooled = SpikeCounts(pooling: [first, second])
    #expect(pooled == SpikeCounts(trials: 3, units: 2, bins: 2, values: Array(1...12)))
    #expect(SpikeCounts(pooling: [first]) == first)
  }

  @Test func `Units are picked in the order that is asked for`() {
    let counts = SpikeCounts(trials: 2, units: 3, bins: 2, values: Array(0..<12))
    let picked = counts.selecting(units: [2, 0])
    #expect(picked == SpikeCounts(trials: 2, units: 2, bins: 2, values: [4, 5, 0, 1, 10, 11, 6, 7]))
    #expect(picked[1, 0, 1] == 11)
  }

  @Test func `Silence is when no unit fires`() {
    #expect(SpikeCounts(trials: 1, units: 2, bins: 1, values: [0, 0]).isSilent)
    #expect(!SpikeCounts(trials: 1, units: 2, bins: 1, values: [0, 1]).isSilent)
  }
}

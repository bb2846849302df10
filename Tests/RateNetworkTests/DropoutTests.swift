import Testing

@testable import RateNetwork

@Suite struct DropoutTests {
  /// A mask as (bins, trials, units), whatever its padding.
  private func mask(
    seed: UInt64 = 1, rate: Float = 0.2, layer: DropoutLayer = .encoder, step: Int = 0, units: Int = 8,
    bins: Int = 50, trials: Int = 22
  ) -> [Float] {
    let lanes = roundUp(trials, to: 8)
    let arena = Arena()
    return withExtendedLifetime(arena) {
      let panel = arena.panel(rows: units, columns: bins * lanes)
      DropoutGenerator(seed: seed, rate: rate)
        .fill(panel, layer: layer, step: step, units: units, bins: bins, trials: trials, lanes: lanes)
      return (0..<bins * trials * units).map { element in
        let (place, unit) = element.quotientAndRemainder(dividingBy: units)
        let (bin, trial) = place.quotientAndRemainder(dividingBy: trials)
        return panel.address(row: unit, column: bin * lanes + trial).pointee
      }
    }
  }

  @Test(arguments: [Float(0.1), 0.2, 0.5, 0.9])
  func `Dropout drops its share and scales the rest so that the mean stays`(rate: Float) {
    let factors = mask(rate: rate, units: 12, bins: 200, trials: 22)
    // The scale is that of the probability in 16 bits.
    let scale = Float(1 / (1 - (Double(rate) * 0x1p16).rounded() / 0x1p16))
    #expect(abs(scale - 1 / (1 - rate)) <= 0x1p-17 * scale * scale + .ulpOfOne)
    #expect(factors.allSatisfy { $0 == 0 || $0 == scale })
    let share = Float(factors.count { $0 == 0 }) / Float(factors.count)
    // Standard deviation at most 0.0022.
    #expect(abs(share - rate) < 0.009)
  }

  @Test(arguments: [1, 7, 8, 9, 22])
  func `A factor depends on seed, step, layer and place alone, not on the padding`(trials: Int) {
    let units = 14
    let found = mask(
      seed: 77 << 32 | 5, rate: 0.3, layer: .between, step: 41, units: units, bins: 3, trials: trials)
    let threshold = UInt32((Double(Float(0.3)) * 0x1p16).rounded())
    for (element, factor) in found.enumerated() {
      let (place, unit) = element.quotientAndRemainder(dividingBy: units)
      let counter = SIMD4<UInt32>(UInt32(place), UInt32(unit / 8), 41, 2 | 1 << 16)
      let word = Philox.block(counter: counter, key: [5, 77])[unit % 4]
      let number = unit % 8 < 4 ? word & 0xFFFF : word >> 16
      #expect((factor == 0) == (number < threshold))
    }
  }

  @Test func `Rates next to 0 and 1 drop nothing and nearly all`() {
    #expect(mask(rate: 0).allSatisfy { $0 == 1 })
    #expect(mask(rate: 1e-6).allSatisfy { $0 == 1 })
    #expect(mask(rate: Float(1).nextDown).allSatisfy { $0 == 0 || $0 == 65536 })
  }

  @Test func `Another seed, step or layer gives another mask`() {
    let masks = [mask(), mask(seed: 2), mask(step: 1), mask(layer: .between)]
    for (index, one) in masks.enumerated() {
      for other in masks[(index + 1)...] {
        // Two independent masks differ in 2 * 0.2 * 0.8 of their elements.
        let share = Float(zip(one, other).count { $0 != $1 }) / Float(one.count)
        #expect(abs(share - 0.32) < 0.03)
      }
    }
    #expect(mask() == mask())
  }
}

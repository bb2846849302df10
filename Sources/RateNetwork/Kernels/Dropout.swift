/// The two places with dropout: behind the encoder, and between the recurrent layers.
enum DropoutLayer: UInt32 {
  case encoder = 0
  case between = 1
}

/// Draws dropout's masks: 0 with probability `rate`, else 1 / (1 - rate).
///
/// The factor of (step, layer, bin, trial, unit) depends on these and the seed alone, not on the padding:
/// it is word `unit % 4` of Philox at the counter (bin * trials + trial, unit / 4, step, purpose and layer).
struct DropoutGenerator {
  private let key: SIMD2<UInt32>
  private let threshold: UInt64
  private let scaleBits: UInt64

  init(seed: UInt64, rate: Float) {
    precondition(rate >= 0 && rate < 1, "dropout is at least 0 and below 1")
    key = SeededGenerator.key(seed)
    threshold = UInt64(Double(rate) * 0x1p32)
    scaleBits = UInt64((1 / (1 - rate)).bitPattern)
  }

  /// Fills the mask (units, bins * lanes) of one layer at one step.
  func fill(_ mask: Panel, layer: DropoutLayer, step: Int, units: Int, bins: Int, trials: Int, lanes: Int) {
    let iota = PhiloxLanes.Words(0, 1, 2, 3, 4, 5, 6, 7)
    let purpose = RandomPurpose.dropout.rawValue | layer.rawValue << 16
    for bin in 0..<bins {
      for lane in stride(from: 0, to: lanes, by: 8) {
        let position = iota &+ PhiloxLanes.Words(repeating: UInt64(bin * trials + lane))
        for unit in stride(from: 0, to: units, by: Panel.rowBlock) {
          var words = PhiloxLanes(
            word0: position, word1: .init(repeating: UInt64(unit / 4)),
            word2: .init(repeating: UInt64(step)), word3: .init(repeating: UInt64(purpose)))
          words.encrypt(key: key)
          let target = mask.address(row: unit, column: bin * lanes + lane)
          factors(words.word0).store(to: target)
          factors(words.word1).store(to: target + mask.stride)
          factors(words.word2).store(to: target + 2 * mask.stride)
          factors(words.word3).store(to: target + 3 * mask.stride)
        }
      }
    }
  }

  /// The factors for eight random words.
  @inline(__always)
  private func factors(_ words: PhiloxLanes.Words) -> SIMD8<Float> {
    typealias Words = PhiloxLanes.Words
    // The difference is negative for a word below the threshold, so its top bit says "drop"; less one, that
    // bit is a mask. A comparison would go element by element.
    let drops = (words &- Words(repeating: threshold)) &>> 63
    let bits = (drops &- Words(repeating: 1)) & Words(repeating: scaleBits)
    return unsafeBitCast(unsafeBitCast(bits, to: SIMD16<UInt32>.self).evenHalf, to: SIMD8<Float>.self)
  }
}

/// target = source * mask in the first `columns` columns (a multiple of 16).
func applyMask(_ mask: Panel, to source: Panel, into target: Panel, rows: Int, columns: Int) {
  for row in 0..<rows {
    let values = source.address(row: row, column: 0)
    let factors = mask.address(row: row, column: 0)
    let results = target.address(row: row, column: 0)
    for column in stride(from: 0, to: columns, by: 16) {
      let product = SIMD16<Float>(loading: values + column) * SIMD16<Float>(loading: factors + column)
      product.store(to: results + column)
    }
  }
}

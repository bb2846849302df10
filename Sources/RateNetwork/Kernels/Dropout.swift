/// The two places with dropout: behind the encoder, and between the recurrent layers.
enum DropoutLayer: UInt32 {
  case encoder = 0
  case between = 1
}

/// Draws dropout's masks: 0 with probability p, else 1 / (1 - p), where p is `rate` to the nearest multiple of
/// 2^-16 below 1.
///
/// The factor of (step, layer, bin, trial, unit) depends on these and the seed alone, not on the padding. It
/// comes from 16 bits of Philox at the counter (bin * trials + trial, unit / 8, step, purpose and layer): the
/// low half of word `unit % 4` for the first four units of eight, the high half for the others.
struct DropoutGenerator {
  private static let unitsPerBlock = 8

  private let key: SIMD2<UInt32>
  /// 16-bit numbers up to this one mean "drop".
  private let lastDropped: Int32
  private let scaleBits: Int32

  init(seed: UInt64, rate: Float) {
    precondition(rate >= 0 && rate < 1, "dropout is at least 0 and below 1")
    key = SeededGenerator.key(seed)
    let dropped = min((Double(rate) * 0x1p16).rounded(), 0x1p16 - 1)
    lastDropped = Int32(dropped) - 1
    scaleBits = Int32(bitPattern: Float(0x1p16 / (0x1p16 - dropped)).bitPattern)
  }

  /// Fills the mask (units, bins * lanes) of one layer at one step.
  func fill(_ mask: Panel, layer: DropoutLayer, step: Int, units: Int, bins: Int, trials: Int, lanes: Int) {
    let iota = PhiloxLanes.Words(0, 1, 2, 3, 4, 5, 6, 7)
    let purpose = RandomPurpose.dropout.rawValue | layer.rawValue << 16
    for bin in 0..<bins {
      for lane in stride(from: 0, to: lanes, by: 8) {
        let position = iota &+ PhiloxLanes.Words(repeating: UInt64(bin * trials + lane))
        for unit in stride(from: 0, to: units, by: Self.unitsPerBlock) {
          var words = PhiloxLanes(
            word0: position, word1: .init(repeating: UInt64(unit / Self.unitsPerBlock)),
            word2: .init(repeating: UInt64(step)), word3: .init(repeating: UInt64(purpose)))
          words.encrypt(key: key)
          let rows = mask.address(row: unit, column: bin * lanes + lane)
          let hasHighHalf = unit + Panel.rowBlock < units
          store(words.word0, to: rows, stride: mask.stride, hasHighHalf: hasHighHalf)
          store(words.word1, to: rows + mask.stride, stride: mask.stride, hasHighHalf: hasHighHalf)
          store(words.word2, to: rows + 2 * mask.stride, stride: mask.stride, hasHighHalf: hasHighHalf)
          store(words.word3, to: rows + 3 * mask.stride, stride: mask.stride, hasHighHalf: hasHighHalf)
        }
      }
    }
  }

  /// Stores the factors for eight random words' low halves, and four rows on those for their high halves.
  @inline(__always)
  private func store(
    _ words: PhiloxLanes.Words, to address: UnsafeMutablePointer<Float>, stride: Int, hasHighHalf: Bool
  ) {
    let words = unsafeBitCast(words, to: SIMD16<UInt32>.self).evenHalf
    factors(words & SIMD8(repeating: 0xFFFF)).store(to: address)
    if hasHighHalf { factors(words &>> 16).store(to: address + Panel.rowBlock &* stride) }
  }

  /// The factors for eight numbers of 16 bits.
  @inline(__always)
  private func factors(_ numbers: SIMD8<UInt32>) -> SIMD8<Float> {
    // The difference is negative for what is kept, and its sign spread over all bits is a mask. A comparison
    // would go element by element.
    let keeps = (SIMD8(repeating: lastDropped) &- unsafeBitCast(numbers, to: SIMD8<Int32>.self)) &>> 31
    return unsafeBitCast(keeps & SIMD8(repeating: scaleBits), to: SIMD8<Float>.self)
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

/// Philox 4x32 with 10 rounds: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11.
///
/// A pure function of a counter and a key, so that a number depends on its place alone, not on how many were
/// drawn before it.
enum Philox {
  static let multiplier0: UInt32 = 0xD251_1F53
  static let multiplier1: UInt32 = 0xCD9E_8D57
  static let keyStep0: UInt32 = 0x9E37_79B9
  static let keyStep1: UInt32 = 0xBB67_AE85
  static let rounds = 10

  static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var counter = counter
    var key = key
    for _ in 0..<rounds {
      let first = counter.x.multipliedFullWidth(by: multiplier0)
      let second = counter.z.multipliedFullWidth(by: multiplier1)
      counter = SIMD4(
        second.high ^ counter.y ^ key.x, second.low, first.high ^ counter.w ^ key.y, first.low)
      key = SIMD2(key.x &+ keyStep0, key.y &+ keyStep1)
    }
    return counter
  }
}

/// Eight Philox counters at once. Each 32-bit word sits in a 64-bit lane, where the processor multiplies it
/// in full; the upper half is zero between operations.
struct PhiloxLanes {
  typealias Words = SIMD8<UInt64>
  private static let low = Words(repeating: 0xFFFF_FFFF)

  var word0: Words
  var word1: Words
  var word2: Words
  var word3: Words

  /// Replaces the counters by their random words.
  @inline(__always)
  mutating func encrypt(key: SIMD2<UInt32>) {
    var key = key
    for _ in 0..<Philox.rounds {
      let first = word0 &* Words(repeating: UInt64(Philox.multiplier0))
      let second = word2 &* Words(repeating: UInt64(Philox.multiplier1))
      word0 = (second &>> 32) ^ word1 ^ Words(repeating: UInt64(key.x))
      word1 = second & Self.low
      word2 = (first &>> 32) ^ word3 ^ Words(repeating: UInt64(key.y))
      word3 = first & Self.low
      key = SIMD2(key.x &+ Philox.keyStep0, key.y &+ Philox.keyStep1)
    }
  }
}

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
/// in full.
struct PhiloxLanes {
  typealias Words = SIMD8<UInt64>
  private static var low: Words { Words(repeating: 0xFFFF_FFFF) }

  var word0: Words
  var word1: Words
  var word2: Words
  var word3: Words

  /// Replaces the counters by their random words. The rounds are written out, as the compiler would split the
  /// vectors that a loop hands on.
  @inline(__always)
  mutating func encrypt(key: SIMD2<UInt32>) {
    pass(key, round: 0)
    pass(key, round: 1)
    pass(key, round: 2)
    pass(key, round: 3)
    pass(key, round: 4)
    pass(key, round: 5)
    pass(key, round: 6)
    pass(key, round: 7)
    pass(key, round: 8)
    pass(key, round: 9)
    word0 &= Self.low
    word1 &= Self.low
    word2 &= Self.low
    word3 &= Self.low
  }

  /// Leaves the words' upper halves as they come, because a multiplication of 32 by 32 bits ignores them: the
  /// compiler recognises it by these masks and leaves out the masking.
  @inline(__always)
  private mutating func pass(_ key: SIMD2<UInt32>, round: UInt32) {
    let key0 = key.x &+ round &* Philox.keyStep0
    let key1 = key.y &+ round &* Philox.keyStep1
    let first = (word0 & Self.low) &* Words(repeating: UInt64(Philox.multiplier0))
    let second = (word2 & Self.low) &* Words(repeating: UInt64(Philox.multiplier1))
    word0 = (second &>> 32) ^ word1 ^ Words(repeating: UInt64(key0))
    word1 = second
    word2 = (first &>> 32) ^ word3 ^ Words(repeating: UInt64(key1))
    word3 = first
  }
}

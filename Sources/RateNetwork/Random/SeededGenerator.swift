/// What a stream of random numbers is for. It enters the counter, so that two purposes with the same seed
/// share no number.
enum RandomPurpose: UInt32 {
  case general = 0
  case initialWeights = 1
  case dropout = 2
}

/// A counter-based generator: the n-th number depends on seed, stream and n alone, on every machine.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private let key: SIMD2<UInt32>
  private let stream: UInt32
  private let purpose: RandomPurpose
  private var index: UInt64 = 0
  private var words = SIMD4<UInt32>()
  private var used = 4

  /// - Parameter stream: streams of one seed are independent of each other.
  public init(seed: UInt64, stream: UInt32 = 0) {
    self.init(seed: seed, stream: stream, purpose: .general)
  }

  init(seed: UInt64, stream: UInt32, purpose: RandomPurpose) {
    key = Self.key(seed)
    self.stream = stream
    self.purpose = purpose
  }

  static func key(_ seed: UInt64) -> SIMD2<UInt32> {
    SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
  }

  /// The next 32 random bits.
  public mutating func nextWord() -> UInt32 {
    if used == 4 {
      let counter = SIMD4(
        UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32), stream, purpose.rawValue)
      words = Philox.block(counter: counter, key: key)
      index += 1
      used = 0
    }
    defer { used += 1 }
    return words[used]
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    let low = nextWord()
    return UInt64(nextWord()) << 32 | UInt64(low)
  }

  /// The next number uniform in 0..<1, a multiple of 2^-24.
  public mutating func uniform() -> Float {
    Float(nextWord() >> 8) * 0x1p-24
  }

  /// The next number uniform in 0..<bound, without bias: Lemire, "Fast random integer generation in an
  /// interval", 2019.
  public mutating func below(_ bound: UInt64) -> UInt64 {
    precondition(bound > 0)
    let rejected = (0 &- bound) % bound
    while true {
      let product = next().multipliedFullWidth(by: bound)
      if product.low >= rejected { return product.high }
    }
  }

  /// A random order of 0..<count. Written out rather than the standard library's `shuffled`, whose order may
  /// change with its version.
  public mutating func permutation(of count: Int) -> [Int] {
    var order = Array(0..<count)
    guard count > 1 else { return order }
    for last in stride(from: count - 1, through: 1, by: -1) {
      order.swapAt(last, Int(below(UInt64(last + 1))))
    }
    return order
  }
}

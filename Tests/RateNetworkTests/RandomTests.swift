import Testing

@testable import RateNetwork

@Suite struct RandomTests {
  struct Vector: Sendable {
    var counter: SIMD4<UInt32>
    var key: SIMD2<UInt32>
    var expected: SIMD4<UInt32>
  }

  /// From Random123's `kat_vectors`.
  @Test(arguments: [
    Vector(
      counter: .zero, key: .zero, expected: [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8]),
    Vector(
      counter: .init(repeating: .max), key: .init(repeating: .max),
      expected: [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD]),
  ]) func `Philox gives its authors' numbers, one at a time and eight at once`(vector: Vector) {
    #expect(Philox.block(counter: vector.counter, key: vector.key) == vector.expected)
    func spread(_ word: UInt32) -> PhiloxLanes.Words { .init(repeating: UInt64(word)) }
    var lanes = PhiloxLanes(
      word0: spread(vector.counter.x), word1: spread(vector.counter.y), word2: spread(vector.counter.z),
      word3: spread(vector.counter.w))
    lanes.encrypt(key: vector.key)
    #expect(lanes.word0 == spread(vector.expected.x) && lanes.word1 == spread(vector.expected.y))
    #expect(lanes.word2 == spread(vector.expected.z) && lanes.word3 == spread(vector.expected.w))
  }

  @Test func `A generator repeats for its seed and stream and differs for any other`() {
    func numbers(_ seed: UInt64, _ stream: UInt32 = 0) -> [UInt64] {
      var generator = SeededGenerator(seed: seed, stream: stream)
      return (0..<9).map { _ in generator.next() }
    }
    #expect(numbers(1) == numbers(1))
    #expect(Set(numbers(1)).count == 9)
    let others = [numbers(2), numbers(1 << 32), numbers(1, 1)]
    #expect(others.allSatisfy { Set($0).isDisjoint(with: numbers(1)) })
  }

  @Test(arguments: [0, 1, 2, 3, 100]) func `A permutation holds every index once`(count: Int) {
    var generator = SeededGenerator(seed: 4)
    let order = generator.permutation(of: count)
    #expect(order.sorted() == Array(0..<count))
    if count == 100 { #expect(order != Array(0..<count)) }
  }

  @Test func `Every order of three comes up equally often, and a seed's order never changes`() {
    var generator = SeededGenerator(seed: 6)
    var counts: [[Int]: Int] = [:]
    for _ in 0..<6000 { counts[generator.permutation(of: 3), default: 0] += 1 }
    // Standard deviation 29.
    #expect(counts.count == 6 && counts.values.allSatisfy { abs($0 - 1000) < 120 })
    var fixed = SeededGenerator(seed: 0)
    #expect(fixed.permutation(of: 10) == [6, 7, 3, 4, 9, 1, 0, 2, 5, 8])
  }

  @Test func `Uniform numbers fill their range evenly`() {
    var generator = SeededGenerator(seed: 7)
    let numbers = (0..<40_000).map { _ in generator.uniform() }
    #expect(numbers.allSatisfy { $0 >= 0 && $0 < 1 })
    for tenth in 0..<10 {
      let share = numbers.count { Int($0 * 10) == tenth }
      #expect(abs(share - 4000) < 250)
    }
  }

  @Test func `Initial weights fill PyTorch's bounds, and depend on the seed alone`() {
    let shape = NetworkShape(inputs: 40, hidden: 16, outputs: 38)
    let weights = NetworkWeights(shape: shape, seed: 1)
    let fans = ["encoder.0": 40, "encoder.2": 28, "rnn": 16, "decoder.0": 16, "decoder.2": 27]
    var next = 0
    for (name, extents) in NetworkWeights.layout(of: shape) {
      let bound = 1 / Float(fans.first { name.hasPrefix($0.key + ".") }!.value).squareRoot()
      let values = weights[name]
      #expect(values.count == extents.reduce(1, *))
      #expect(values.allSatisfy { abs($0) <= bound }, "\(name)")
      if extents.count == 2 {
        #expect(values.max()! > 0.9 * bound && values.min()! < -0.9 * bound, "\(name)")
      }
      next += values.count
    }
    #expect(next == shape.parameterCount)
    #expect(NetworkWeights(shape: shape, seed: 1) == weights)
    #expect(NetworkWeights(shape: shape, seed: 2) != weights)
  }

  @Test func `Weights are taken from named tensors only if all fit`() {
    let shape = NetworkShape(inputs: 5, hidden: 3, outputs: 2)
    let weights = NetworkWeights(shape: shape, seed: 1)
    var tensors: [String: [Float]] = [:]
    for (name, _) in NetworkWeights.layout(of: shape) { tensors[name] = weights[name] }
    #expect(NetworkWeights(shape: shape, tensors: tensors) == weights)
    for name in tensors.keys {
      var missing = tensors
      missing[name] = nil
      var short = tensors
      short[name]!.removeLast()
      #expect(NetworkWeights(shape: shape, tensors: missing) == nil)
      #expect(NetworkWeights(shape: shape, tensors: short) == nil)
    }
  }
}

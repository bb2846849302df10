import Glibc
import Testing

@testable import RateNetwork

@Suite struct ActivationTests {
  /// Every 2000th of the range of the network's sums, then what lies far out.
  private static let arguments: [Float] =
    (-40_000...40_000).map { Float($0) / 2000 }
    + (-20_000...20_000).map { Float($0) / 100 }
    + [0, -0, 1e-38, -1e-38, 1e-10, 87, -87, 88, 89, -88.8, 1e4, -1e4, 3e38, -3e38, .infinity, -.infinity]

  private static func largestError<L: Lanes>(
    _: L.Type, _ function: (L) -> L, _ expected: (Double) -> Double
  ) -> Double {
    var largest = 0.0
    var results = [Float](repeating: 0, count: L.count)
    for start in stride(from: 0, to: arguments.count, by: L.count) {
      let block = (0..<L.count).map { arguments[min(start + $0, arguments.count - 1)] }
      function(L(loading: block)).store(to: &results)
      for (argument, result) in zip(block, results) {
        let error = abs(Double(result) - expected(Double(argument)))
        largest = error.isNaN ? .infinity : max(largest, error)
      }
    }
    return largest
  }

  @Test func `Sigmoid and tanh are within 2e-7 of the C library's, in both widths`() {
    func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    #expect(Self.largestError(SIMD16<Float>.self, { sigmoid($0) }, logistic) < 2e-7)
    #expect(Self.largestError(SIMD8<Float>.self, { sigmoid($0) }, logistic) < 2e-7)
    #expect(Self.largestError(SIMD16<Float>.self, { hyperbolicTangent($0) }, { tanh($0) }) < 2e-7)
    #expect(Self.largestError(SIMD8<Float>.self, { hyperbolicTangent($0) }, { tanh($0) }) < 2e-7)
  }

  @Test func `Far out they are exactly their limits`() {
    let far = SIMD16<Float>(repeating: 30)
    #expect(hyperbolicTangent(far)[0] == 1 && hyperbolicTangent(-far)[0] == -1)
    #expect(sigmoid(far)[0] == 1)
  }

  @Test(arguments: [0x7FC0_0000, 0xFFC0_0001, 0x7FFF_FFFF] as [UInt32])
  func `NaN stays NaN, whatever its bits, and stays in its lane`(bits: UInt32) {
    var values = SIMD16<Float>(repeating: 0.5)
    values[3] = Float(bitPattern: bits)
    for result in [sigmoid(values), hyperbolicTangent(values)] {
      #expect((0..<16).map { result[$0].isNaN } == (0..<16).map { $0 == 3 })
    }
  }
}

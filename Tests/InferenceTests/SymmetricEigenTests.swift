import Inference
import TestSupport
import Testing

@Suite struct SymmetricEigenTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var size: Int
    var matrix: [Double]
    var testDescription: String { name }

    init(_ name: String, size: Int, _ entry: (Int, Int) -> Double) {
      self.name = name
      self.size = size
      matrix = (0..<(size * size)).map { entry($0 / size, $0 % size) }
    }

    static func random(size: Int, rank: Int) -> Case {
      var numbers = SeededNumbers(seed: 7)
      let factors = (0..<(size * rank)).map { _ in numbers.normal() }
      return Case("random \(size) of rank \(rank)", size: size) { row, column in
        (0..<rank).reduce(0) { $0 + factors[row * rank + $1] * factors[column * rank + $1] }
      }
    }

    static func indefinite(size: Int) -> Case {
      var numbers = SeededNumbers(seed: 8)
      let entries = (0..<(size * size)).map { _ in numbers.normal() }
      return Case("indefinite \(size)", size: size) { entries[$0 * size + $1] + entries[$1 * size + $0] }
    }
  }

  @Test(arguments: [
    Case("one entry", size: 1) { _, _ in -3 },
    Case("zero", size: 5) { _, _ in 0 },
    Case("identity", size: 6) { $0 == $1 ? 1 : 0 },
    Case("diagonal", size: 4) { $0 == $1 ? [1, 5, -2, 5][$0] : 0 },
    Case("all ones: all but one value equal", size: 7) { _, _ in 1 },
    Case("swap", size: 2) { $0 == $1 ? 0 : 1 },
    Case("graded", size: 8) { 1e-12 * ($0 == $1 ? 2 : 1) * Double(1 << (4 * min($0, $1))) },
    Case("two blocks and a silent row", size: 5) { $0 == 2 || $1 == 2 || ($0 < 2) != ($1 < 2) ? 0 : 2 },
    Case("huge", size: 3) { 1e150 * Double(1 + $0 + $1) },
    Case("tiny", size: 3) { 1e-150 * Double(1 + $0 + $1) },
    .random(size: 3, rank: 3), .random(size: 40, rank: 40), .random(size: 50, rank: 10),
    .random(size: 200, rank: 200), .indefinite(size: 61),
  ]) func `Vectors are orthonormal, solve the equation, and come largest value first`(problem: Case) {
    let (size, matrix) = (problem.size, problem.matrix)
    let eigen = SymmetricEigen(matrix, size: size)
    let magnitude = matrix.map { abs($0) }.max()! * Double(size)
    var residual = 0.0
    var skewness = 0.0
    for i in 0..<size {
      let vector = Array(eigen.vectors[(i * size)..<((i + 1) * size)])
      for row in 0..<size {
        let image = (0..<size).reduce(0) { $0 + matrix[row * size + $1] * vector[$1] }
        residual = max(residual, abs(image - eigen.values[i] * vector[row]))
      }
      for j in 0...i {
        let product = (0..<size).reduce(0) { $0 + vector[$1] * eigen.vectors[j * size + $1] }
        skewness = max(skewness, abs(product - (i == j ? 1 : 0)))
      }
      #expect(vector.max { abs($0) < abs($1) }! > 0)
    }
    #expect(residual <= 1e-14 * magnitude)
    #expect(skewness < 1e-13)
    #expect(eigen.values == eigen.values.sorted(by: >))
  }

  @Test func `Known values are found`() {
    // The second difference on four points: 2 - 2 cos(k pi / 5).
    let eigen = SymmetricEigen(
      Case("", size: 4) { $0 == $1 ? 2 : abs($0 - $1) == 1 ? -1 : 0 }.matrix, size: 4)
    let known = [3.618033988749895, 2.618033988749895, 1.381966011250105, 0.381966011250105]
    #expect(zip(eigen.values, known).allSatisfy { abs($0 - $1) < 1e-14 })
  }
}

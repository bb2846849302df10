/// The parameters of a network in training and Adam's memory of them: Kingma and Ba, 2015, with PyTorch's
/// order of operations.
final class Adam {
  private static let meanDecay = 0.9
  private static let squareDecay = 0.999
  private static let epsilon: Float = 1e-8

  private let arena = Arena()
  private let count: Int
  let parameters: UnsafeMutablePointer<Float>
  /// To be filled before each step.
  let gradient: UnsafeMutablePointer<Float>
  private let mean: UnsafeMutablePointer<Float>
  private let square: UnsafeMutablePointer<Float>
  private let learningRate: Double
  private var meanDecayed = 1.0
  private var squareDecayed = 1.0

  init(_ weights: NetworkWeights, learningRate: Float) {
    count = weights.values.count
    parameters = arena.floats(count)
    gradient = arena.floats(count)
    mean = arena.floats(count)
    square = arena.floats(count)
    self.learningRate = Double(learningRate)
    weights.values.withUnsafeBufferPointer { parameters.update(from: $0.baseAddress!, count: count) }
  }

  /// One step against `gradient` times `scale`.
  func step(scale: Float) {
    meanDecayed *= Self.meanDecay
    squareDecayed *= Self.squareDecay
    let stepSize = Float(learningRate / (1 - meanDecayed))
    let squareScale = 1 / Float((1 - squareDecayed).squareRoot())
    let newMean = Float(1 - Self.meanDecay)
    let oldSquare = Float(Self.squareDecay)
    let newSquare = Float(1 - Self.squareDecay)
    for index in 0..<count {
      let slope = gradient[index] * scale
      mean[index] += (slope - mean[index]) * newMean
      square[index] = square[index] * oldSquare + slope * slope * newSquare
      parameters[index] -= stepSize * mean[index] / (square[index].squareRoot() * squareScale + Self.epsilon)
    }
  }

  /// Copies of the parameters as they are now.
  func snapshot(into values: inout [Float]) {
    values.withUnsafeMutableBufferPointer { $0.baseAddress!.update(from: parameters, count: count) }
  }
}

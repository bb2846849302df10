/// All parameters of one network in one flat array, tensors in PyTorch's `state_dict` order, each row-major.
public struct NetworkWeights: Equatable, Sendable {
  public let shape: NetworkShape
  /// `shape.parameterCount` numbers.
  var values: [Float]

  init(shape: NetworkShape, values: [Float]) {
    precondition(values.count == shape.parameterCount, "the values must fill the shape")
    self.shape = shape
    self.values = values
  }

  /// PyTorch's default initialisation: weights and biases uniform in ±1/sqrt(fan-in), in the recurrent layers
  /// ±1/sqrt(hidden). The same seed gives the same weights everywhere.
  public init(shape: NetworkShape, seed: UInt64) {
    var generator = SeededGenerator(seed: seed, stream: 0, purpose: .initialWeights)
    var values: [Float] = []
    values.reserveCapacity(shape.parameterCount)
    for tensor in ParameterTensor.allCases {
      let bound = 1 / Float(tensor.fanIn(in: shape)).squareRoot()
      for _ in 0..<tensor.count(in: shape) { values.append((2 * generator.uniform() - 1) * bound) }
    }
    self.init(shape: shape, values: values)
  }

  /// Takes tensors under their `state_dict` names, row-major; nil if a name is missing or a size is wrong.
  /// Other names are ignored.
  public init?(shape: NetworkShape, tensors: [String: [Float]]) {
    var values: [Float] = []
    values.reserveCapacity(shape.parameterCount)
    for tensor in ParameterTensor.allCases {
      guard let found = tensors[tensor.name], found.count == tensor.count(in: shape) else { return nil }
      values += found
    }
    self.init(shape: shape, values: values)
  }

  /// Names and shapes in PyTorch's `state_dict` order: (units, inputs) of a weight, (units) of a bias.
  public static func layout(of shape: NetworkShape) -> [(name: String, shape: [Int])] {
    ParameterTensor.allCases.map { ($0.name, $0.extents(in: shape)) }
  }

  /// The tensor with the `state_dict` name `name`, row-major; traps on a name that `layout(of:)` does not list.
  public subscript(name: String) -> [Float] {
    guard let tensor = ParameterTensor.allCases.first(where: { $0.name == name }) else {
      preconditionFailure("no tensor \(name)")
    }
    let start = ParameterOffsets(shape)[tensor]
    return Array(values[start..<start + tensor.count(in: shape)])
  }
}

/// The parameters in the order that the kernels read them in; packed again whenever they have changed.
struct PackedWeights {
  let encoderInner: PackedLayer
  let encoderOuter: PackedLayer
  let input0: PackedLayer
  let recurrent0: PackedLayer
  let input1: PackedLayer
  let recurrent1: PackedLayer
  let decoderInner: PackedLayer
  let decoderOuter: PackedLayer

  /// - Parameter trains: whether the transposed matrices are needed too.
  init(_ shape: NetworkShape, trains: Bool, in arena: Arena) {
    func layer(_ weight: ParameterTensor, _ biases: [ParameterTensor], transposes: Bool) -> PackedLayer {
      PackedLayer(weight, biases, of: shape, transposes: transposes && trains, in: arena)
    }
    // Nothing needs the gradient by the network's inputs.
    encoderInner = layer(.encoderInnerWeight, [.encoderInnerBias], transposes: false)
    encoderOuter = layer(.encoderOuterWeight, [.encoderOuterBias], transposes: true)
    input0 = layer(.inputWeight0, [.inputBias0, .recurrentBias0], transposes: true)
    recurrent0 = layer(.recurrentWeight0, [], transposes: true)
    input1 = layer(.inputWeight1, [.inputBias1, .recurrentBias1], transposes: true)
    recurrent1 = layer(.recurrentWeight1, [], transposes: true)
    decoderInner = layer(.decoderInnerWeight, [.decoderInnerBias], transposes: true)
    decoderOuter = layer(.decoderOuterWeight, [.decoderOuterBias], transposes: true)
  }

  /// Takes the parameters from their flat array.
  func pack(_ parameters: UnsafePointer<Float>) {
    encoderInner.pack(parameters)
    encoderOuter.pack(parameters)
    input0.pack(parameters)
    recurrent0.pack(parameters)
    input1.pack(parameters)
    recurrent1.pack(parameters)
    decoderInner.pack(parameters)
    decoderOuter.pack(parameters)
  }
}

/// One layer's weight matrix, its transpose where gradients go through it, and the sum of its biases.
struct PackedLayer {
  let matrix: PackedMatrix
  let transposed: PackedMatrix?
  /// One number for each row; none where the layer has no bias.
  let bias: UnsafeMutablePointer<Float>
  private let weightStart: Int
  private let biasStarts: [Int]

  init(
    _ weight: ParameterTensor, _ biases: [ParameterTensor], of shape: NetworkShape, transposes: Bool,
    in arena: Arena
  ) {
    let rows = weight.rows(in: shape)
    let depth = weight.fanIn(in: shape)
    let offsets = ParameterOffsets(shape)
    matrix = PackedMatrix(rows: rows, depth: depth, in: arena)
    transposed = transposes ? PackedMatrix(rows: depth, depth: rows, in: arena) : nil
    bias = arena.floats(roundUp(rows, to: Panel.rowBlock))
    weightStart = offsets[weight]
    biasStarts = biases.map { offsets[$0] }
  }

  func pack(_ parameters: UnsafePointer<Float>) {
    let weight = parameters + weightStart
    matrix.pack(weight, rowStride: matrix.depth, depthStride: 1)
    transposed?.pack(weight, rowStride: 1, depthStride: matrix.depth)
    guard let first = biasStarts.first else { return }
    for row in 0..<matrix.rows { bias[row] = parameters[first + row] }
    for start in biasStarts.dropFirst() {
      for row in 0..<matrix.rows { bias[row] += parameters[start + row] }
    }
  }

  /// target = finish(matrix * source)
  @inline(__always)
  func forward<E: Epilogue>(_ source: Panel, into target: Panel, columns: Int, finish: E) {
    multiply(matrix, source, into: target, columns: columns, depth: matrix.depth, finish: finish)
  }

  /// target = finish(transposed matrix * source)
  @inline(__always)
  func backward<E: Epilogue>(_ source: Panel, into target: Panel, columns: Int, finish: E) {
    let transposed = transposed!
    multiply(transposed, source, into: target, columns: columns, depth: transposed.depth, finish: finish)
  }
}

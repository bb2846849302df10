/// The sizes of one network: blechRNN's `autoencoderRNN` with two recurrent layers.
public struct NetworkShape: Hashable, Sendable {
  /// Features of one input: components, stimulus and trial number.
  public let inputs: Int
  /// Units of each recurrent layer.
  public let hidden: Int
  /// Features of one output: components.
  public let outputs: Int

  public init(inputs: Int, hidden: Int, outputs: Int) {
    precondition(inputs >= 1 && hidden >= 1 && outputs >= 1, "a network has at least one unit in every layer")
    self.inputs = inputs
    self.hidden = hidden
    self.outputs = outputs
  }

  /// Units of the encoder's inner layer, with upstream's integer half.
  public var encoderWidth: Int { (inputs + hidden) / 2 }
  /// Units of the decoder's inner layer, with upstream's integer half.
  public var decoderWidth: Int { (hidden + outputs) / 2 }
  /// Numbers in all tensors together.
  public var parameterCount: Int {
    ParameterTensor.allCases.reduce(0) { $0 + $1.count(in: self) }
  }
}

/// The network's tensors, in the order and under the names of PyTorch's `state_dict`.
/// The raw value is a tensor's place, so that looking up its offset costs nothing in a training step.
enum ParameterTensor: Int, CaseIterable, Sendable {
  case encoderInnerWeight
  case encoderInnerBias
  case encoderOuterWeight
  case encoderOuterBias
  case inputWeight0
  case recurrentWeight0
  case inputBias0
  case recurrentBias0
  case inputWeight1
  case recurrentWeight1
  case inputBias1
  case recurrentBias1
  case decoderInnerWeight
  case decoderInnerBias
  case decoderOuterWeight
  case decoderOuterBias

  /// The tensor's name in the `state_dict`.
  var name: String {
    switch self {
    case .encoderInnerWeight: "encoder.0.weight"
    case .encoderInnerBias: "encoder.0.bias"
    case .encoderOuterWeight: "encoder.2.weight"
    case .encoderOuterBias: "encoder.2.bias"
    case .inputWeight0: "rnn.weight_ih_l0"
    case .recurrentWeight0: "rnn.weight_hh_l0"
    case .inputBias0: "rnn.bias_ih_l0"
    case .recurrentBias0: "rnn.bias_hh_l0"
    case .inputWeight1: "rnn.weight_ih_l1"
    case .recurrentWeight1: "rnn.weight_hh_l1"
    case .inputBias1: "rnn.bias_ih_l1"
    case .recurrentBias1: "rnn.bias_hh_l1"
    case .decoderInnerWeight: "decoder.0.weight"
    case .decoderInnerBias: "decoder.0.bias"
    case .decoderOuterWeight: "decoder.2.weight"
    case .decoderOuterBias: "decoder.2.bias"
    }
  }

  /// Units that the tensor's layer has: rows of a weight, length of a bias.
  func rows(in shape: NetworkShape) -> Int {
    switch self {
    case .encoderInnerWeight, .encoderInnerBias: shape.encoderWidth
    case .decoderInnerWeight, .decoderInnerBias: shape.decoderWidth
    case .decoderOuterWeight, .decoderOuterBias: shape.outputs
    default: shape.hidden
    }
  }

  /// Values that one unit of the tensor's layer sums up; the initial bounds come from it.
  func fanIn(in shape: NetworkShape) -> Int {
    switch self {
    case .encoderInnerWeight, .encoderInnerBias: shape.inputs
    case .encoderOuterWeight, .encoderOuterBias: shape.encoderWidth
    case .decoderOuterWeight, .decoderOuterBias: shape.decoderWidth
    default: shape.hidden
    }
  }

  /// PyTorch's shape: (units, inputs) of a weight, (units) of a bias.
  func extents(in shape: NetworkShape) -> [Int] {
    isBias ? [rows(in: shape)] : [rows(in: shape), fanIn(in: shape)]
  }

  func count(in shape: NetworkShape) -> Int { rows(in: shape) * (isBias ? 1 : fanIn(in: shape)) }

  private var isBias: Bool {
    switch self {
    case .encoderInnerBias, .encoderOuterBias, .inputBias0, .recurrentBias0, .inputBias1, .recurrentBias1,
      .decoderInnerBias, .decoderOuterBias:
      true
    default: false
    }
  }
}

/// Where each tensor begins in the flat array of all parameters.
struct ParameterOffsets: Sendable {
  private let starts: [Int]

  init(_ shape: NetworkShape) {
    var next = 0
    starts = ParameterTensor.allCases.map { tensor in
      defer { next += tensor.count(in: shape) }
      return next
    }
  }

  subscript(tensor: ParameterTensor) -> Int { starts[tensor.rawValue] }
}

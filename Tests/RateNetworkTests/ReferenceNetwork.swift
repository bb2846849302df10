import Glibc

@testable import RateNetwork

/// The network in double precision and plain loops, written from its definition: slow, and independent of the
/// kernels that it is to check.
struct ReferenceNetwork {
  let shape: NetworkShape
  let inputs: Sequences
  let labels: Sequences
  let masks: ExplicitMasks?

  /// The mean squared error with these parameters, in `state_dict` order.
  func loss(_ parameters: [Double]) -> Double {
    var tensors: [String: ArraySlice<Double>] = [:]
    var next = 0
    for (name, extents) in NetworkWeights.layout(of: shape) {
      let count = extents.reduce(1, *)
      tensors[name] = parameters[next..<next + count]
      next += count
    }
    func linear(_ name: String, _ values: [Double], suffix: String = "") -> [Double] {
      let weight = tensors[suffix.isEmpty ? "\(name).weight" : "rnn.weight_\(name)_\(suffix)"]!
      let bias = tensors[suffix.isEmpty ? "\(name).bias" : "rnn.bias_\(name)_\(suffix)"]!
      return bias.indices.map { index in
        let start = weight.startIndex + (index - bias.startIndex) * values.count
        return zip(weight[start..<start + values.count], values).reduce(bias[index]) { $0 + $1.0 * $1.1 }
      }
    }
    func sigmoid(_ values: [Double]) -> [Double] { values.map { 1 / (1 + exp(-$0)) } }
    func row(_ sequences: Sequences, _ bin: Int, _ trial: Int) -> [Double] {
      let start = (bin * sequences.trials + trial) * sequences.features
      return sequences.values[start..<start + sequences.features].map(Double.init)
    }
    func drop(_ values: [Double], _ mask: Sequences?, _ bin: Int, _ trial: Int) -> [Double] {
      guard let mask else { return values }
      return zip(values, row(mask, bin, trial)).map(*)
    }
    func recur(_ layer: String, _ values: [Double], _ state: [Double]) -> [Double] {
      zip(linear("ih", values, suffix: layer), linear("hh", state, suffix: layer)).map { tanh($0 + $1) }
    }
    var sum = 0.0
    for trial in 0..<inputs.trials {
      var state0 = [Double](repeating: 0, count: shape.hidden)
      var state1 = state0
      for bin in 0..<inputs.bins {
        let inner = sigmoid(linear("encoder.0", row(inputs, bin, trial)))
        let encoded = drop(sigmoid(linear("encoder.2", inner)), masks?.encoder, bin, trial)
        state0 = recur("l0", encoded, state0)
        state1 = recur("l1", drop(state0, masks?.between, bin, trial), state1)
        let output = linear("decoder.2", sigmoid(linear("decoder.0", state1)))
        sum += zip(output, row(labels, bin, trial)).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      }
    }
    return sum / Double(labels.values.count)
  }

  /// The gradient by central differences.
  func gradient(at weights: NetworkWeights) -> NetworkWeights {
    let width = 1e-5
    var parameters = weights.values.map(Double.init)
    let slopes = parameters.indices.map { index in
      let middle = parameters[index]
      parameters[index] = middle + width
      let above = loss(parameters)
      parameters[index] = middle - width
      let below = loss(parameters)
      parameters[index] = middle
      return Float((above - below) / (2 * width))
    }
    return NetworkWeights(shape: shape, values: slopes)
  }
}

/// Sequences of numbers uniform in -1..<1.
func randomSequences(bins: Int, trials: Int, features: Int, seed: UInt64) -> Sequences {
  var generator = SeededGenerator(seed: seed)
  let values = (0..<bins * trials * features).map { _ in 2 * generator.uniform() - 1 }
  return Sequences(bins: bins, trials: trials, features: features, values: values)
}

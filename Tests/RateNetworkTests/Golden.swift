import FoundationEssentials
import SafeTensors
import Testing

@testable import RateNetwork

/// One file of PyTorch's numbers: a network's data, parameters, results and gradients.
struct Golden {
  let file: SafeTensorsFile
  let shape: NetworkShape
  /// (bins, trials, inputs) and (bins, trials, outputs).
  let inputs: Sequences
  let labels: Sequences

  init(_ name: String, here: String = #filePath) throws {
    let folder = URL(filePath: here).deletingLastPathComponent()
    let data = try Data(contentsOf: folder.appending(path: "Golden/\(name).safetensors"))
    let file = try SafeTensorsFile(decoding: Array(data))
    func size(_ key: String) throws -> Int { try #require(file.metadata[key].flatMap { Int($0) }) }
    let shape = NetworkShape(
      inputs: try size("inputs"), hidden: try size("hidden"), outputs: try size("outputs"))
    let (bins, trials) = (try size("T"), try size("B"))
    inputs = Sequences(bins: bins, trials: trials, features: shape.inputs, values: try file.floats("x"))
    labels = Sequences(bins: bins, trials: trials, features: shape.outputs, values: try file.floats("y"))
    self.file = file
    self.shape = shape
  }

  /// The tensors named `prefix` and a parameter's name: `init`, `grad` or `final`.
  func weights(_ prefix: String) throws -> NetworkWeights {
    var tensors: [String: [Float]] = [:]
    for (name, _) in NetworkWeights.layout(of: shape) { tensors[name] = try file.floats("\(prefix).\(name)") }
    return try #require(NetworkWeights(shape: shape, tensors: tensors))
  }

  /// Dropout's factors, where the file has them.
  func masks() throws -> ExplicitMasks? {
    guard file["mask_encoder"] != nil else { return nil }
    func mask(_ name: String) throws -> Sequences {
      Sequences(
        bins: inputs.bins, trials: inputs.trials, features: shape.hidden, values: try file.floats(name))
    }
    return ExplicitMasks(encoder: try mask("mask_encoder"), between: try mask("mask_between"))
  }
}

/// Dropout's factors, already scaled, each (bins, trials, hidden).
struct ExplicitMasks {
  let encoder: Sequences
  let between: Sequences
}

/// What one pass forward and back gives.
struct Pass {
  let loss: Float
  let outputs: Sequences
  let latent: Sequences
  let gradient: NetworkWeights
}

/// One pass over sequences with the gradient of the mean squared error.
func pass(
  _ weights: NetworkWeights, _ inputs: Sequences, _ labels: Sequences, masks: ExplicitMasks? = nil
) -> Pass {
  let shape = weights.shape
  let workspace = Workspace(
    shape: shape, bins: inputs.bins, trials: inputs.trials, trains: true, drops: masks != nil)
  workspace.load(inputs, labels)
  workspace.weights.pack(weights.values)
  if let masks {
    workspace.load(masks.encoder, into: workspace.dropout!.encoderMask)
    workspace.load(masks.between, into: workspace.dropout!.betweenMask)
  }
  var gradient = [Float](repeating: 0, count: shape.parameterCount)
  let loss = gradient.withUnsafeMutableBufferPointer {
    workspace.computeGradient(into: $0.baseAddress!, drops: masks != nil)
  }
  var outputs = workspace.emptySequences(features: shape.outputs)
  var latent = workspace.emptySequences(features: shape.hidden)
  workspace.forEachChunk { column, count in
    workspace.decode(
      column: column, count: count, finish: AddBias(bias: workspace.weights.decoderOuter.bias))
    workspace.unload(workspace.outputs, column: column, count: count, into: &outputs)
    workspace.unload(workspace.states1.from(column: column), column: column, count: count, into: &latent)
  }
  return Pass(
    loss: loss, outputs: outputs, latent: latent,
    gradient: NetworkWeights(shape: shape, values: gradient.map { $0 * workspace.gradientScale }))
}

/// Largest absolute difference; infinite where the counts differ or a number is NaN.
func largestDifference(_ left: [Float], _ right: [Float]) -> Float {
  guard left.count == right.count else { return .infinity }
  return zip(left, right).reduce(0) { largest, pair in
    let difference = abs(pair.0 - pair.1)
    return difference.isNaN ? .infinity : max(largest, difference)
  }
}

/// Largest difference over all tensors, relative to each tensor's largest element.
func largestRelativeDifference(_ found: NetworkWeights, _ expected: NetworkWeights) -> Float {
  NetworkWeights.layout(of: expected.shape).map { name, _ in
    let scale = expected[name].reduce(0) { max($0, abs($1)) }
    return largestDifference(found[name], expected[name]) / scale
  }.max()!
}

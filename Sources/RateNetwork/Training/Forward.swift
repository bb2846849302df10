extension Workspace {
  /// From the inputs to the states of both recurrent layers, with the masks that lie in `dropout` if `drops`.
  func runToLatent(drops: Bool) {
    let dropout = drops ? self.dropout! : nil
    forEachChunk { column, count in
      let outer = encoded.from(column: column)
      encodeInner(column: column, count: count)
      weights.encoderOuter.forward(
        encoderInner.from(column: column), into: outer, columns: count,
        finish: SigmoidOfBiased(bias: weights.encoderOuter.bias))
      weights.input0.forward(
        masked(encoded, dropout?.encoderMask, column: column, count: count),
        into: states0.from(column: column), columns: count, finish: AddBias(bias: weights.input0.bias))
    }
    runRecurrence(weights.recurrent0.matrix, states0, bins: bins, lanes: lanes)
    forEachChunk { column, count in
      weights.input1.forward(
        masked(states0, dropout?.betweenMask, column: column, count: count),
        into: states1.from(column: column), columns: count, finish: AddBias(bias: weights.input1.bias))
    }
    runRecurrence(weights.recurrent1.matrix, states1, bins: bins, lanes: lanes)
  }

  /// The encoder's inner layer of one chunk.
  func encodeInner(column: Int, count: Int) {
    weights.encoderInner.forward(
      inputs.from(column: column), into: encoderInner.from(column: column), columns: count,
      finish: SigmoidOfBiased(bias: weights.encoderInner.bias))
  }

  /// One chunk of `panel` behind its dropout; without a mask, `panel` itself.
  func masked(_ panel: Panel, _ mask: Panel?, column: Int, count: Int) -> Panel {
    let values = panel.from(column: column)
    guard let mask else { return values }
    let result = dropout!.masked
    applyMask(mask.from(column: column), to: values, into: result, rows: shape.hidden, columns: count)
    return result
  }

  /// Decodes one chunk; `finish` makes what lies in `outputs` from the last layer's sums.
  @inline(__always)
  func decode<E: Epilogue>(column: Int, count: Int, finish: E) {
    weights.decoderInner.forward(
      states1.from(column: column), into: decoderInner, columns: count,
      finish: SigmoidOfBiased(bias: weights.decoderInner.bias))
    weights.decoderOuter.forward(decoderInner, into: outputs, columns: count, finish: finish)
  }

  /// Puts the outputs' differences from the labels into `outputs`; returns the sum of their squares.
  func compareWithLabels(column: Int, count: Int) -> Double {
    decode(
      column: column, count: count,
      finish: DifferenceFromLabel(
        bias: weights.decoderOuter.bias, labels: labels.from(column: column),
        columnMask: columnMask.from(column: column)))
    return sumOfSquares(outputs, rows: shape.outputs, columns: count)
  }

  /// Elements of the labels, over which the loss is a mean.
  var elements: Int { bins * trials * shape.outputs }

  /// The mean squared error with dropout off.
  func loss() -> Float {
    runToLatent(drops: false)
    var sum = 0.0
    forEachChunk { column, count in sum += compareWithLabels(column: column, count: count) }
    return Float(sum / Double(elements))
  }
}

/// What the network makes of `inputs`, with dropout off.
/// - Returns: outputs (bins, trials, outputs) and latent (bins, trials, hidden): the second recurrent layer's
///   states.
public func infer(_ weights: NetworkWeights, inputs: Sequences) -> (outputs: Sequences, latent: Sequences) {
  let shape = weights.shape
  precondition(inputs.features == shape.inputs, "the inputs must have the network's number of features")
  let workspace = Workspace(shape: shape, bins: inputs.bins, trials: inputs.trials, hasLabels: false)
  workspace.load(inputs, into: workspace.inputs)
  workspace.weights.pack(weights.values)
  workspace.runToLatent(drops: false)
  var outputs = workspace.emptySequences(features: shape.outputs)
  var latent = workspace.emptySequences(features: shape.hidden)
  workspace.forEachChunk { column, count in
    workspace.decode(
      column: column, count: count, finish: AddBias(bias: workspace.weights.decoderOuter.bias))
    workspace.unload(workspace.outputs, column: column, count: count, into: &outputs)
    workspace.unload(workspace.states1.from(column: column), column: column, count: count, into: &latent)
  }
  return (outputs, latent)
}

extension Workspace {
  func emptySequences(features: Int) -> Sequences {
    Sequences(
      bins: bins, trials: trials, features: features,
      values: Array(repeating: 0, count: bins * trials * features))
  }
}

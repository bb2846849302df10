extension Workspace {
  /// One pass forward and back, with the masks that lie in `dropout` if `drops`.
  /// - Parameter gradient: receives, for each parameter, the gradient of HALF THE SUM of the squared errors:
  ///   times `gradientScale` it is the gradient of their mean. One factor at the end spares a pass over the
  ///   outputs.
  /// - Returns: the mean squared error.
  func computeGradient(into gradient: UnsafeMutablePointer<Float>, drops: Bool) -> Float {
    gradient.update(repeating: 0, count: shape.parameterCount)
    runToLatent(drops: drops)
    let sum = throughDecoder(gradient)
    let training = training!
    let dropout = drops ? self.dropout! : nil
    runRecurrenceBackwards(
      weights.recurrent1.transposed!, training.gradients1, states: states1, bins: bins, lanes: lanes)
    addRecurrentGradient(training.gradients1, states1, to: gradient + offsets[.recurrentWeight1])
    throughInput1(gradient, training, dropout)
    runRecurrenceBackwards(
      weights.recurrent0.transposed!, training.gradients0, states: states0, bins: bins, lanes: lanes)
    addRecurrentGradient(training.gradients0, states0, to: gradient + offsets[.recurrentWeight0])
    throughEncoder(gradient, training, dropout)
    // Both biases of a recurrent layer enter the same sum.
    (gradient + offsets[.recurrentBias1]).update(from: gradient + offsets[.inputBias1], count: shape.hidden)
    (gradient + offsets[.recurrentBias0]).update(from: gradient + offsets[.inputBias0], count: shape.hidden)
    return Float(sum / Double(elements))
  }

  /// From the gradient of half the sum of squares to that of their mean.
  var gradientScale: Float { Float(2 / Double(elements)) }

  /// Decodes, compares and goes back to the gradients by the second layer's states, chunk by chunk; returns
  /// the sum of the squared errors.
  private func throughDecoder(_ gradient: UnsafeMutablePointer<Float>) -> Double {
    let training = training!
    var sum = 0.0
    forEachChunk { column, count in
      sum += compareWithLabels(column: column, count: count)
      addGradient(outputs, decoderInner, count, .decoderOuterWeight, .decoderOuterBias, to: gradient)
      weights.decoderOuter.backward(
        outputs, into: training.decoderInner, columns: count, finish: PastSigmoid(activation: decoderInner))
      addGradient(
        training.decoderInner, states1.from(column: column), count, .decoderInnerWeight, .decoderInnerBias,
        to: gradient)
      weights.decoderInner.backward(
        training.decoderInner, into: training.gradients1.from(column: column), columns: count,
        finish: Unchanged())
    }
    return sum
  }

  private func throughInput1(
    _ gradient: UnsafeMutablePointer<Float>, _ training: TrainingPanels, _ dropout: DropoutPanels?
  ) {
    forEachChunk { column, count in
      let above = training.gradients1.from(column: column)
      let below = training.gradients0.from(column: column)
      let values = masked(states0, dropout?.betweenMask, column: column, count: count)
      addGradient(above, values, count, .inputWeight1, .inputBias1, to: gradient)
      if let dropout {
        let mask = TimesMask(mask: dropout.betweenMask.from(column: column))
        weights.input1.backward(above, into: below, columns: count, finish: mask)
      } else {
        weights.input1.backward(above, into: below, columns: count, finish: Unchanged())
      }
    }
  }

  private func throughEncoder(
    _ gradient: UnsafeMutablePointer<Float>, _ training: TrainingPanels, _ dropout: DropoutPanels?
  ) {
    forEachChunk { column, count in
      let above = training.gradients0.from(column: column)
      let outer = encoded.from(column: column)
      let inner = encoderInner.from(column: column)
      let values = masked(encoded, dropout?.encoderMask, column: column, count: count)
      addGradient(above, values, count, .inputWeight0, .inputBias0, to: gradient)
      if let dropout {
        weights.input0.backward(
          above, into: training.encoded, columns: count,
          finish: PastMaskedSigmoid(activation: outer, mask: dropout.encoderMask.from(column: column)))
      } else {
        weights.input0.backward(
          above, into: training.encoded, columns: count, finish: PastSigmoid(activation: outer))
      }
      if encoderInner.holdsOneChunk { encodeInner(column: column, count: count) }
      addGradient(training.encoded, inner, count, .encoderOuterWeight, .encoderOuterBias, to: gradient)
      weights.encoderOuter.backward(
        training.encoded, into: training.encoderInner, columns: count, finish: PastSigmoid(activation: inner))
      addGradient(
        training.encoderInner, inputs.from(column: column), count, .encoderInnerWeight, .encoderInnerBias,
        to: gradient)
    }
  }

  /// Adds one chunk's share of the gradients of a layer's weights and bias.
  private func addGradient(
    _ gradients: Panel, _ values: Panel, _ columns: Int, _ weight: ParameterTensor, _ bias: ParameterTensor,
    to gradient: UnsafeMutablePointer<Float>
  ) {
    addGradients(
      gradients, rows: weight.rows(in: shape), values, depths: weight.fanIn(in: shape), columns: columns,
      weight: gradient + offsets[weight], bias: gradient + offsets[bias])
  }

  /// Adds the gradient of the recurrent weights: each bin's gradients with the states of the bin before.
  private func addRecurrentGradient(
    _ gradients: Panel, _ states: Panel, to gradient: UnsafeMutablePointer<Float>
  ) {
    // The gradients are zero behind the last bin, so that the length may be rounded up.
    let columns = roundUp((bins - 1) * lanes, to: 16)
    for column in stride(from: 0, to: columns, by: Self.chunk) {
      addGradients(
        gradients.from(column: column + lanes), rows: shape.hidden, states.from(column: column),
        depths: shape.hidden, columns: min(Self.chunk, columns - column), weight: gradient, bias: nil)
    }
  }
}

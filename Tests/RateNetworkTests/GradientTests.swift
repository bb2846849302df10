import Testing

@testable import RateNetwork

@Suite struct GradientTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var inputs, hidden, outputs, bins, trials: Int
    var dropout = false
    var testDescription: String { "\(inputs)-\(hidden)-\(outputs), \(bins) x \(trials), dropout \(dropout)" }
  }

  @Test(arguments: [
    Case(inputs: 3, hidden: 1, outputs: 1, bins: 1, trials: 1),
    Case(inputs: 3, hidden: 1, outputs: 1, bins: 6, trials: 3, dropout: true),
    Case(inputs: 4, hidden: 1, outputs: 2, bins: 3, trials: 8),
    Case(inputs: 7, hidden: 3, outputs: 5, bins: 4, trials: 5, dropout: true),
    Case(inputs: 5, hidden: 4, outputs: 4, bins: 2, trials: 17),
    Case(inputs: 4, hidden: 6, outputs: 3, bins: 2, trials: 10, dropout: true),
  ]) func `Gradients are those of the definition, at odd sizes and behind dropout`(sizes: Case) {
    let shape = NetworkShape(inputs: sizes.inputs, hidden: sizes.hidden, outputs: sizes.outputs)
    func sequences(_ features: Int, _ seed: UInt64) -> Sequences {
      randomSequences(bins: sizes.bins, trials: sizes.trials, features: features, seed: seed)
    }
    func mask(_ seed: UInt64) -> Sequences {
      var mask = sequences(shape.hidden, seed)
      mask.values = mask.values.map { $0 < -0.6 ? 0 : 1.25 }
      return mask
    }
    let masks = sizes.dropout ? ExplicitMasks(encoder: mask(3), between: mask(4)) : nil
    let reference = ReferenceNetwork(
      shape: shape, inputs: sequences(shape.inputs, 1), labels: sequences(shape.outputs, 2), masks: masks)
    let weights = NetworkWeights(shape: shape, seed: 5)
    let found = pass(weights, reference.inputs, reference.labels, masks: masks)
    #expect(abs(Double(found.loss) - reference.loss(weights.values.map(Double.init))) < 1e-6)
    // A single bin has no bin before it, so the recurrent weights' gradient is exactly zero.
    let expected = reference.gradient(at: weights)
    for (name, _) in NetworkWeights.layout(of: shape) {
      let scale = expected[name].reduce(0) { max($0, abs($1)) }
      #expect(largestDifference(found.gradient[name], expected[name]) <= 1e-4 * scale, "\(name)")
    }
  }

  @Test func `Many trials have the mean gradient of their parts, whatever is kept for the way back`() {
    let shape = NetworkShape(inputs: 40, hidden: 6, outputs: 12)
    let inputs = randomSequences(bins: 97, trials: 300, features: shape.inputs, seed: 1)
    let labels = randomSequences(bins: 97, trials: 300, features: shape.outputs, seed: 2)
    let weights = NetworkWeights(shape: shape, seed: 3)
    let whole = pass(weights, inputs, labels)
    let parts = (0..<4).map { part in
      let trials = Array((part * 75)..<(part * 75 + 75))
      return pass(weights, inputs.selecting(trials: trials), labels.selecting(trials: trials))
    }
    let mean = NetworkWeights(
      shape: shape,
      values: whole.gradient.values.indices.map { index in
        parts.reduce(0) { $0 + $1.gradient.values[index] } / 4
      })
    // The case is chosen for the whole to exceed the limit and the parts to stay below it.
    #expect(shape.encoderWidth * 97 * 300 > Workspace.largestKept)
    #expect(shape.encoderWidth * 97 * 80 < Workspace.largestKept)
    #expect(largestRelativeDifference(whole.gradient, mean) < 1e-4)
  }

  @Test(arguments: [1, 7, 8, 9, 22, 41])
  func `A trial's outputs are bit for bit the same alone and among others`(trials: Int) {
    let shape = NetworkShape(inputs: 9, hidden: 5, outputs: 7)
    let weights = NetworkWeights(shape: shape, seed: 1)
    let inputs = randomSequences(bins: 13, trials: trials, features: shape.inputs, seed: 2)
    let together = infer(weights, inputs: inputs)
    for trial in [0, trials / 2, trials - 1] {
      let alone = infer(weights, inputs: inputs.selecting(trials: [trial]))
      #expect(alone.outputs == together.outputs.selecting(trials: [trial]))
      #expect(alone.latent == together.latent.selecting(trials: [trial]))
    }
  }

  @Test func `The widest network and the longest session run`() {
    let wide = NetworkShape(inputs: 3, hidden: 512, outputs: 1)
    let inputs = randomSequences(bins: 2, trials: 3, features: 3, seed: 1)
    let found = infer(NetworkWeights(shape: wide, seed: 1), inputs: inputs)
    #expect(found.latent.features == 512 && found.outputs.values.allSatisfy(\.isFinite))
    let long = NetworkShape(inputs: 3, hidden: 2, outputs: 1)
    let many = randomSequences(bins: 3001, trials: 1, features: 3, seed: 1)
    let weights = NetworkWeights(shape: long, seed: 1)
    let latent = infer(weights, inputs: many).latent
    #expect(latent.values.count == 6002 && Set(latent.values).count > 1000)
    // A state depends on the bins up to its own, so that a session cut short gives the beginning.
    let short = Sequences(bins: 777, trials: 1, features: 3, values: Array(many.values[..<(777 * 3)]))
    #expect(infer(weights, inputs: short).latent.values == Array(latent.values[..<1554]))
  }
}

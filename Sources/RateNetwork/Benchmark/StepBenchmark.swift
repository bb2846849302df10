/// How long one training step takes, and how fast the core's arithmetic is in the same moments.
public struct StepBenchmark: Sendable {
  /// Of one step, in seconds: the median over the batches.
  public let step: Double
  /// Floating-point operations per second of fused multiply-adds in registers, the most that the kernels
  /// could reach: the median over the batches.
  public let peak: Double
  /// Floating-point operations of one step: a multiplication and an addition for each parameter, bin and
  /// trial, forwards once and backwards twice.
  public let operations: Double

  /// Both are timed in turn, as a machine's speed changes from one moment to the next.
  private static let batches = 5

  /// Times the training of a network of `inputs` - 2 outputs on random sequences.
  ///
  /// - Parameters:
  ///   - inputs: at least 3.
  ///   - steps: in all, after a few that are not counted; at least 5.
  public init(bins: Int, trials: Int, inputs: Int, hidden: Int, dropout: Float = 0.2, steps: Int) {
    precondition(inputs >= 3 && steps >= Self.batches, "there must be something to time")
    let shape = NetworkShape(inputs: inputs, hidden: hidden, outputs: inputs - 2)
    operations = 6 * Double(shape.parameterCount) * Double(bins) * Double(trials)
    var run = TrainingRun.onRandomNumbers(shape, bins: bins, trials: trials, dropout: dropout)
    let clock = ContinuousClock()
    let batch = steps / Self.batches
    var (stepTimes, peaks): ([Double], [Double]) = ([], [])
    run.advance(max(batch / 4, 2))
    for _ in 0..<Self.batches {
      peaks.append(measurePeak(clock))
      stepTimes.append(clock.measure { run.advance(batch) } / .seconds(1) / Double(batch))
    }
    step = stepTimes.sorted()[Self.batches / 2]
    peak = peaks.sorted()[Self.batches / 2]
  }
}

extension TrainingRun {
  fileprivate static func onRandomNumbers(
    _ shape: NetworkShape, bins: Int, trials: Int, dropout: Float
  ) -> TrainingRun {
    var generator = SeededGenerator(seed: 0)
    func random(_ features: Int) -> Sequences {
      let values = (0..<bins * trials * features).map { _ in 2 * generator.uniform() - 1 }
      return Sequences(bins: bins, trials: trials, features: features, values: values)
    }
    let training = Workspace(shape: shape, bins: bins, trials: trials, trains: true, drops: dropout > 0)
    training.load(random(shape.inputs), random(shape.outputs))
    return TrainingRun(
      training, Workspace(shape: shape, bins: 1, trials: 1), from: NetworkWeights(shape: shape, seed: 0),
      TrainingOptions(dropout: dropout))
  }

  fileprivate mutating func advance(_ steps: Int) {
    for _ in 0..<steps {
      do {
        try update(stepsRun)
      } catch {
        preconditionFailure("random numbers of this size stay finite: \(error)")
      }
    }
  }
}

/// Floating-point operations per second of `multiplyAndAdd`.
private func measurePeak(_ clock: ContinuousClock) -> Double {
  switch Registers.floats {
  case 16: measurePeak(Pair<SIMD16<Float>, SIMD16<Float>>.self, clock)
  case 8: measurePeak(SIMD16<Float>.self, clock)
  default: measurePeak(SIMD8<Float>.self, clock)
  }
}

private func measurePeak<L: Lanes>(_: L.Type, _ clock: ContinuousClock) -> Double {
  let rounds = 1_000_000
  var sums = L(spreading: 0)
  let time = clock.measure {
    sums = multiplyAndAdd(rounds: rounds, factor: L(spreading: 0.999), summand: L(spreading: 0.001))
  }
  var results = [Float](repeating: 0, count: L.count)
  sums.store(to: &results)
  precondition(results[0] > 0, "the result is needed, or the compiler would leave the work out")
  return 6 * 2 * Double(L.count * rounds) / (time / .seconds(1))
}

/// Fused multiply-adds (or a multiplication and an addition, where the processor has no such thing) in enough
/// independent registers to keep the core busy: twelve, if `L` fills two.
@inline(never)
private func multiplyAndAdd<L: Lanes>(rounds: Int, factor: L, summand: L) -> L {
  var (a, b, c, d, e, f) = (summand, summand, summand, summand, summand, summand)
  for _ in 0..<rounds {
    a = summand.adding(a, times: factor)
    b = summand.adding(b, times: factor)
    c = summand.adding(c, times: factor)
    d = summand.adding(d, times: factor)
    e = summand.adding(e, times: factor)
    f = summand.adding(f, times: factor)
  }
  return (a + b + c) + (d + e + f)
}

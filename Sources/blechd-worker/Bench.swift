import InstructionSets
import RateNetwork
import Vocabulary
import WorkerProtocol

extension Worker {
  static func bench(_ task: BenchTask) throws(Failure) -> BenchResult {
    let step = StepBenchmark(
      bins: task.bins, trials: task.trials, inputs: task.inputs, hidden: task.hidden, steps: task.steps)
    let flops = step.operations / step.step
    return BenchResult(
      isa: KernelBuild.target, stepMs: step.step * 1e3, gflops: flops / 1e9, peakGflops: step.peak / 1e9,
      peakShare: flops / step.peak, session: nil)
  }
}

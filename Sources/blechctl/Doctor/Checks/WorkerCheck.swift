import InstructionSets
import Vocabulary
import WorkerProtocol

/// Whether the worker runs on this processor.
enum WorkerCheck {
  /// - Parameter result: of a probe in a folder where everything is in order.
  static func line(
    _ path: String, _ result: Result<ProbeResult, Failure>, processor: ProcessorFeatures = .ofThisMachine
  ) -> DoctorLine {
    switch result {
    case .failure(let failure): return DoctorLine(.worker, path, failure)
    case .success(let result):
      let best = InstructionSet.supported(by: processor).first?.rawValue
      let build =
        result.instructionSet == "native"
        ? "for this machine's own instruction set" : "for \(result.instructionSet)"
      let processor = best.map { "; the processor has \($0)" } ?? ""
      return DoctorLine(
        .worker, path, "runs here, built \(build)\(processor); libhdf5 \(result.libraryVersion)")
    }
  }
}

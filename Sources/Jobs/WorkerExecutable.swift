import FoundationEssentials
import InstructionSets
import Vocabulary

/// Where the worker is.
public struct WorkerExecutable: Sendable {
  public let path: String

  private static let name = "blechd-worker"
  private static let variable = "BLECHD_WORKER"
  private static let instructionSetVariable = "BLECHD_ISA"

  public init(path: String) { self.path = path }

  /// Looks for the worker: `$BLECHD_WORKER`, else beside the running program, else, in the `libexec/blechd`
  /// folder of the same prefix, the build for the best instruction set that the processor has, or for the one
  /// that `$BLECHD_ISA` names.
  public static func find(
    environment: [String: String] = ProcessInfo.processInfo.environment,
    processor: ProcessorFeatures = .ofThisMachine
  ) throws(Failure) -> WorkerExecutable {
    if let path = environment[variable] {
      guard FileManager.default.isExecutableFile(atPath: path) else {
        throw Failure(
          .internalError, "$\(variable) = \(path)", "is no program that can be run",
          remedy: "correct or unset it")
      }
      return WorkerExecutable(path: path)
    }
    let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let folder = program.split(separator: "/").dropLast()
    let builds =
      environment[instructionSetVariable].map { [$0] }
      ?? InstructionSet.supported(by: processor).map(\.rawValue)
    let candidates =
      ["/" + (folder + [name[...]]).joined(separator: "/")]
      + builds.map {
        "/" + (folder.dropLast() + ["libexec", "blechd", "\(name)-\($0)"]).joined(separator: "/")
      }
    guard let path = candidates.first(where: FileManager.default.isExecutableFile(atPath:)) else {
      throw Failure(
        .internalError, name, "is neither at \(candidates.joined(separator: " nor at "))",
        remedy: "install it there, or name it in $\(variable)")
    }
    return WorkerExecutable(path: path)
  }
}

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

  /// Where a program looks for its worker, first choice first.
  static func candidates(
    besides program: String, instructionSet: String?, processor: ProcessorFeatures
  ) -> [String] {
    let folder = program.split(separator: "/").dropLast()
    let builds =
      instructionSet.map { [$0] } ?? InstructionSet.supported(by: processor).map(\.rawValue)
    let installed = folder.dropLast() + ["libexec", "blechd"]
    return ["/" + (folder + [name[...]]).joined(separator: "/")]
      + builds.map { "/" + (installed + ["\(name)-\($0)"]).joined(separator: "/") }
  }

  /// Looks for the worker: `$BLECHD_WORKER`, else beside the running program, else, in the `libexec/blechd`
  /// folder of the same prefix, the build for the best instruction set that the processor has, or for the one
  /// that `$BLECHD_ISA` names.
  public static func find(
    environment: [String: String] = ProcessInfo.processInfo.environment,
    processor: ProcessorFeatures = .ofThisMachine
  ) throws(Failure) -> WorkerExecutable {
    if let path = environment[variable] {
      guard isProgram(path) else {
        throw Failure(
          .internalError, "$\(variable) = \(path)", "is no program that can be run",
          remedy: "correct or unset it")
      }
      return WorkerExecutable(path: path)
    }
    let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let candidates = candidates(
      besides: program, instructionSet: environment[instructionSetVariable], processor: processor)
    guard let path = candidates.first(where: isProgram) else {
      throw Failure(
        .internalError, name, "is neither at \(candidates.joined(separator: " nor at "))",
        remedy: "install it there, or name it in $\(variable)")
    }
    return WorkerExecutable(path: path)
  }

  /// A directory can be "executed" too, as far as its permissions say.
  private static func isProgram(_ path: String) -> Bool {
    var isDirectory = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && !isDirectory
      && FileManager.default.isExecutableFile(atPath: path)
  }
}

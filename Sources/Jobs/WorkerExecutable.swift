import FoundationEssentials
import Vocabulary

/// Where the worker is.
public struct WorkerExecutable: Sendable {
  public let path: String

  private static let name = "blechd-worker"
  private static let variable = "BLECHD_WORKER"

  public init(path: String) { self.path = path }

  /// Looks for the worker: `$BLECHD_WORKER`, else beside the running program, else in the `libexec/blechd`
  /// folder of the same prefix.
  public static func find(
    environment: [String: String] = ProcessInfo.processInfo.environment
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
    let folder = program.split(separator: "/").dropLast()
    let candidates = [
      "/" + (folder + [name[...]]).joined(separator: "/"),
      "/" + (folder.dropLast() + ["libexec", "blechd", name[...]]).joined(separator: "/"),
    ]
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

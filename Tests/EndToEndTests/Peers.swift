import Foundation
import Subprocess
import Testing

/// The Python that has PyTables, h5py and PyTorch, and scripts for it.
enum Peers {
  static let scripts = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
    .appending(path: "Peers")

  static let python = ProcessInfo.processInfo.environment["BLECHD_PEER_PYTHON"] ?? "python3"

  /// Runs the test only where `$BLECHD_PEER_PYTHON` (else `python3`) has the modules.
  static func needs(_ modules: String) -> ConditionTrait {
    .enabled("needs a Python with \(modules), which `make peers` makes") {
      try await Blechctl.run([python, "-c", "import " + modules]).exitCode == 0
    }
  }

  /// Starts a script that says a line once it is ready, does `body`, ends the script's input and waits for it.
  static func beside<Result: Sendable>(
    _ script: String, _ arguments: [String], _ body: @Sendable @escaping () async throws -> Result
  ) async throws -> (result: Result, status: TerminationStatus, output: String) {
    let run = try await Subprocess.run(
      Blechctl.executable(python),
      arguments: Arguments([scripts.appending(path: script).path] + arguments),
      input: .inputWriter, output: .sequence, error: .discarded
    ) { execution in
      var lines = execution.standardOutput.strings().makeAsyncIterator()
      _ = try await lines.next()
      let result = try await body()
      try await execution.standardInputWriter.finish()
      var output = ""
      while let line = try await lines.next() { output += line }
      return (result, output)
    }
    return (run.closureResult.0, run.terminationStatus, run.closureResult.1)
  }
}

import Subprocess
import Threads

/// A command of the system, which may take its time, but not for ever.
enum BoundedCommand {
  /// What it wrote to stdout; nil where it cannot be run, fails, or has not ended in time.
  static func output(of command: [String], atMost limit: Duration) async -> String? {
    await abandoning(after: limit) {
      let result = try? await Subprocess.run(
        .name(command[0]), arguments: Arguments(Array(command.dropFirst())), input: .none,
        output: .string(limit: longestOutput), error: .discarded)
      guard let result, case .exited(0) = result.terminationStatus else { return nil }
      return result.standardOutput
    } ?? nil
  }

  /// In bytes.
  private static let longestOutput = 1 << 20
}

import Foundation
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
}

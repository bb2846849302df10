import Foundation
import Testing

/// For tests that mount something, which nobody outside of them must see.
let canMount = ConditionTrait.enabled("mounting a file system needs root and unshare") {
  guard geteuid() == 0 else { return false }
  return try await Blechctl.run(["unshare", "-m", "true"]).exitCode == 0
}

extension Blechctl {
  /// Runs a shell script in a mount namespace of its own.
  static func runMounting(_ script: String, _ session: ScratchSession) async throws -> Run {
    try await run(["unshare", "-m", "sh", "-euc", script], environment: session.blechctl.environment())
  }
}

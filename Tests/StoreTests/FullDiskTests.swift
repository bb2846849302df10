import Foundation
import Subprocess
import TestSupport
import Testing

/// A small disk, mounted in a mount namespace of the test's own.
@Suite struct FullDiskTests {
  private static let program =
    URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "store-on-full-disk")
    .path

  private static let canMount = ConditionTrait.enabled("mounting a file system needs root and unshare") {
    guard geteuid() == 0 else { return false }
    let result = try await Subprocess.run(
      .name("unshare"), arguments: ["-m", "true"], output: .discarded, error: .discarded)
    return result.terminationStatus.isSuccess
  }

  /// What the program prints, by what it is.
  private func run(_ scratch: Scratch, freeKibibytes: Int) async throws -> [String: String] {
    let script = """
      mount -t tmpfs -o size=4096k tmpfs "\(scratch.path)"
      head -c $((4096 - \(freeKibibytes)))k /dev/zero > "\(scratch.path)/filler"
      exec "\(Self.program)" "\(scratch.path)"
      """
    let result = try await Subprocess.run(
      .name("unshare"), arguments: ["-m", "sh", "-euc", script], output: .string(limit: 1 << 20),
      error: .string(limit: 1 << 20))
    let pairs = result.standardOutput.split(separator: "\n").compactMap { line -> (String, String)? in
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { return nil }
      return (String(parts[0]), String(parts[1].dropFirst()))
    }
    #expect(!pairs.isEmpty, "\(result.standardOutput) \(result.standardError)")
    return Dictionary(pairs) { first, _ in first }
  }

  @Test(canMount) func `A disk that gets full is told, and all is written when there is room`() async throws {
    try await withScratchAsync { scratch in
      let said = try await run(scratch, freeKibibytes: 1000)
      #expect(said["problem"]?.hasPrefix("73 ") == true, "\(said)")
      #expect(said["full"] == "false" && said["written"] == "true" && said["over"] == "true", "\(said)")
      #expect(said["found"] == said["added"], "\(said)")
      #expect(said["found again"] == "\(said["added"] ?? ""), notice: none", "\(said)")
    }
  }

  @Test(canMount) func `On a full disk no store is begun, and it is said what to do`() async throws {
    try await withScratchAsync { scratch in
      let said = try await run(scratch, freeKibibytes: 8)
      #expect(said["open"]?.hasPrefix("73 ") == true, "\(said)")
    }
  }
}

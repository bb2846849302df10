import Foundation
import Testing

/// Opens what was written with the programs that its readers use: PyTables, h5py and PyTorch.
@Suite struct PeerTests {
  private static let scripts = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
    .appending(path: "Peers")

  private static let python = ProcessInfo.processInfo.environment["BLECHD_PEER_PYTHON"] ?? "python3"

  /// Runs the test only where `$BLECHD_PEER_PYTHON` (else `python3`) has the modules.
  private static func needs(_ modules: String) -> ConditionTrait {
    .enabled("needs a Python with \(modules), which `make peers` makes") {
      try await Blechctl.run([python, "-c", "import " + modules]).exitCode == 0
    }
  }

  @Test(
    needs("tables, h5py, numpy"),
    arguments: [
      [], ["--separate-regions"], ["--no-separate-tastes"], ["--separate-regions", "--no-separate-tastes"],
    ]) func `The .h5 is as upstream's script and PyTables would have written it`(options: [String])
    async throws
  {
    try await withSession { session in
      let run = try await session.infer(options)
      #expect(run.exitCode == 0, "\(run.errors)")
      let before = ScratchSession.fixtures.appending(path: "\(session.name)/\(session.name).h5").path
      let check = try await Blechctl.run(
        [Self.python, Self.scripts.appending(path: "check_results.py").path, before, session.h5.path])
      #expect(check.exitCode == 0, "\(check.errors)")
    }
  }

  @Test(
    needs("torch, h5py, safetensors"),
    arguments: [[], ["--no-pca"], ["--hidden-size", "5", "--bin-size", "50"]])
  func `PyTorch loads a saved network and infers the same from the same spikes`(options: [String])
    async throws
  {
    try await withSession { session in
      let run = try await session.infer(["--train-steps", "300"] + options)
      #expect(run.exitCode == 0, "\(run.errors)")
      let models = try FileManager.default.contentsOfDirectory(atPath: session.artifacts.path)
        .filter { $0.hasSuffix(".safetensors") }
      #expect(models.count == 2)
      for model in models {
        let group = String(model.prefix(upTo: model.range(of: "_hidden")!.lowerBound))
        let check = try await Blechctl.run([
          Self.python, Self.scripts.appending(path: "check_artifact.py").path, session.h5.path, group,
          session.artifacts.appending(path: model).path,
        ])
        #expect(check.exitCode == 0, "\(check.output) \(check.errors)")
      }
    }
  }
}

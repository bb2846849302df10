import FoundationEssentials
import Glibc
import Parameters
import TestSupport
import Testing
import Vocabulary

@testable import SessionFolder

@Suite struct ArtifactsTests {
  private static let folder = "AM1/rnn_output/artifacts"
  private static let stem = "region_all_taste_0_hidden_2_loss_mse"

  private func names(_ scratch: Scratch) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: scratch.path(Self.folder)).sorted()
  }

  private func warnings(_ scratch: Scratch) throws -> String? {
    try names(scratch).contains("warning.txt") ? scratch.text(Self.folder + "/warning.txt") : nil
  }

  @Test func `A job leaves its network, its losses and the parameters, and no temporary file`() throws {
    try withScratch { scratch in
      _ = try Inferred(scratch, warnings: []).commit()
      let one = "region_all_taste_1_hidden_2_loss_mse"
      #expect(
        try names(scratch)
          == [
            "params.json", Self.stem + ".safetensors", Self.stem + "_cross_val_loss.json",
            Self.stem + "_loss.json", one + ".safetensors", one + "_cross_val_loss.json", one + "_loss.json",
          ])
      let parameters = try JSONDecoder().decode(
        InferenceParameters.self, from: Data(scratch.bytes(Self.folder + "/params.json")))
      #expect(parameters.hiddenSize == 2 && parameters.trainSteps == 3)
    }
  }

  @Test func `The losses are dictionaries whose steps are in numeric order`() throws {
    try withScratch { scratch in
      let inferred = try Inferred(scratch, warnings: []) { $0.trainSteps = 1050 }
      _ = try inferred.commit()
      let network = try #require(inferred.results[inferred.identities[0]]?.model?.network)
      for (suffix, expected) in [
        ("_loss.json", network.trainingLosses.enumerated().map { ($0.offset, $0.element) }),
        ("_cross_val_loss.json", network.validationLosses.map { ($0.step, $0.loss) }),
      ] {
        let text = try scratch.text("\(Self.folder)/\(Self.stem)\(suffix)")
        let losses = try JSONDecoder().decode([String: Float].self, from: Data(text.utf8))
        #expect(losses.count == expected.count && !expected.isEmpty)
        for (step, loss) in expected { #expect(losses["\(step)"] == loss) }
        let steps = text.split(separator: "\"").compactMap { Int($0) }
        #expect(steps == steps.sorted() && steps.count == losses.count)
      }
      #expect(network.validationLosses.map(\.step).starts(with: [99, 199, 299]))
    }
  }

  @Test func `A saved network is found for its own data and parameters alone`() throws {
    try withScratch { scratch in
      let inferred = try Inferred(scratch)
      let (job, parameters) = (inferred.jobs[0], inferred.inspection.parameters)
      #expect(SessionReading.savedModel(of: job, parameters, in: inferred.source) == nil)
      _ = try inferred.commit()
      let saved = try #require(SessionReading.savedModel(of: job, parameters, in: inferred.source))
      #expect(saved == inferred.results[job.identity]?.model)
      let other = try Inferred(scratch) { $0.seed = 1 }
      #expect(SessionReading.savedModel(of: other.jobs[0], parameters, in: inferred.source) == nil)
    }
  }

  @Test(arguments: [".safetensors", "_loss.json", "_cross_val_loss.json"])
  func `A network with a damaged, linked or missing file is no network`(suffix: String) throws {
    try withScratch { scratch in
      let inferred = try Inferred(scratch)
      _ = try inferred.commit()
      let path = "\(Self.folder)/\(Self.stem)\(suffix)"
      let whole = try scratch.bytes(path)
      func saved() -> Bool {
        SessionReading.savedModel(of: inferred.jobs[0], inferred.inspection.parameters, in: inferred.source)
          != nil
      }
      #expect(saved())
      try Data(whole.dropLast(3)).write(to: URL(filePath: scratch.path(path)))
      #expect(!saved())
      try Data(whole).write(to: URL(filePath: scratch.path("elsewhere")))
      unlink(scratch.path(path))
      #expect(!saved())
      symlink(scratch.path("elsewhere"), scratch.path(path))
      #expect(!saved())
    }
  }

  // MARK: Warnings

  @Test func `Without a warning there is no file`() throws {
    try withScratch { scratch in
      _ = try Inferred(scratch, warnings: []).commit()
      #expect(try warnings(scratch) == nil)
    }
  }

  @Test func `A job's line is replaced, another's kept, and the last one takes the file with it`() throws {
    try withScratch { scratch in
      let first = try Inferred(scratch, warnings: ["a", "b"])
      _ = try first.commit()
      #expect(try warnings(scratch) == "region_all_taste_0: a; b\nregion_all_taste_1: a; b\n")
      let second = try Inferred(of: first.source, warnings: ["new"])
      _ = try second.commit([second.identities[0]])
      #expect(try warnings(scratch) == "region_all_taste_0: new\nregion_all_taste_1: a; b\n")
      let third = try Inferred(of: first.source, warnings: [])
      _ = try third.commit([third.identities[1]])
      #expect(try warnings(scratch) == "region_all_taste_0: new\n")
      _ = try third.commit([third.identities[0]])
      #expect(try warnings(scratch) == nil)
    }
  }

  @Test func `Taste 1 does not take the line of taste 10`() throws {
    try withScratch { scratch in
      _ = try Inferred(scratch, warnings: []).commit()
      try scratch.write(Self.folder + "/warning.txt", "region_all_taste_10: keep\nregion_all_taste_1: go\n")
      _ = try Inferred(of: MadeUpSession.source(scratch.path("AM1")), warnings: []).commit()
      #expect(try warnings(scratch) == "region_all_taste_10: keep\n")
    }
  }

  @Test(arguments: ["Warning: the loss is high\n", "", "\u{0}\u{1}", String(repeating: "x", count: 2 << 20)])
  func `What another program wrote is dropped`(content: String) throws {
    try withScratch { scratch in
      let inferred = try Inferred(scratch, warnings: ["a"])
      _ = try inferred.commit([inferred.identities[0]])
      try scratch.write(Self.folder + "/warning.txt", content)
      _ = try inferred.commit([inferred.identities[0]])
      #expect(try warnings(scratch) == "region_all_taste_0: a\n")
    }
  }

  @Test func `A link in the place of the file is replaced, not read and not written through`() throws {
    try withScratch { scratch in
      let inferred = try Inferred(scratch, warnings: ["a"])
      _ = try inferred.commit([inferred.identities[0]])
      let victim = try scratch.write("victim", "region_x: y\n")
      unlink(scratch.path(Self.folder + "/warning.txt"))
      symlink(victim, scratch.path(Self.folder + "/warning.txt"))
      _ = try inferred.commit([inferred.identities[0]])
      #expect(try warnings(scratch) == "region_all_taste_0: a\n")
      #expect(try scratch.text("victim") == "region_x: y\n")
    }
  }

  @Test func `A linked directory in the place of rnn_output is refused`() throws {
    try withScratch { scratch in
      let inferred = try Inferred(scratch)
      mkdir(scratch.path("elsewhere"), 0o755)
      symlink(scratch.path("elsewhere"), scratch.path("AM1/rnn_output"))
      let before = try scratch.bytes("AM1/AM1.h5")
      let failure = #expect(throws: Failure.self) { try inferred.commit() }
      #expect(failure?.code == .badData && failure?.what.contains("symbolic link") == true)
      #expect(try scratch.bytes("AM1/AM1.h5") == before)
      #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path("elsewhere")) == [])
    }
  }
}

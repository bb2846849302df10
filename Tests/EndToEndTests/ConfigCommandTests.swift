import Foundation
import TestSupport
import Testing

/// `blechctl config` as a person meets it.
@Suite struct ConfigCommandTests {
  private func run(
    _ scratch: Scratch, _ arguments: [String], directory: String? = nil
  ) async throws -> Blechctl.Run {
    let home = URL(filePath: scratch.path)
    let changes = directory.map { ["CONFIGURATION_DIRECTORY": $0] } ?? [:]
    return try await Blechctl(home: home).run(["config"] + arguments, environment: changes)
  }

  @Test func `A configuration in order is checked, shown, and what is shown can be used`() async throws {
    try await withScratchAsync { scratch in
      let file = try scratch.write("blechd.yaml", "watch: [{path: \(scratch.path)}]\nlimits: {nice: 5}\n")
      let check = try await run(scratch, ["check", file])
      #expect(check.exitCode == 0 && check.errors == "")
      #expect(
        check.output.hasPrefix("\(file): in order. It would watch:\n") && !check.output.contains("notice"))
      let shown = try await run(scratch, ["show", file])
      #expect(shown.exitCode == 0 && shown.output.contains("\n  nice: 5\n"))
      let copy = try scratch.write("copy.yaml", shown.output)
      let again = try await run(scratch, ["show", copy])
      #expect(again.exitCode == 0)
      #expect(
        again.output.split(separator: "\n").dropFirst() == shown.output.split(separator: "\n").dropFirst())
    }
  }

  @Test func `For programs it is one JSON document`() async throws {
    try await withScratchAsync { scratch in
      let file = try scratch.write("blechd.yaml", "watch: [{path: /data}]\ninference: {hidden_size: 4}\n")
      let shown = try await run(scratch, ["show", "--json", file])
      let document = try #require(
        try JSONSerialization.jsonObject(with: Data(shown.output.utf8)) as? [String: Any])
      let configuration = try #require(document["configuration"] as? [String: Any])
      #expect(document["version"] as? Int == 1 && document["file"] as? String == file)
      #expect(configuration["settle_seconds"] as? Int == 10 && configuration["control_group"] is NSNull)
      #expect((configuration["inference"] as? [String: Int]) == ["hidden_size": 4])
      let parameters = try #require(document["parameters"] as? [String: Any])
      #expect(parameters["hidden_size"] as? Int == 4 && parameters["bin_size"] as? Int == 25)
    }
  }

  @Test(arguments: ["check", "show"]) func `All mistakes go to stderr, a line each`(verb: String) async throws
  {
    try await withScratchAsync { scratch in
      try scratch.write("blechd.yaml", "watch: [{path: lab}]\nsettle_secnds: 10\n")
      let check = try await run(scratch, [verb], directory: scratch.path)
      #expect(check.exitCode == 78 && check.output == "")
      let lines = check.errors.split(separator: "\n")
      #expect(lines.count == 2 && lines.allSatisfy { $0.hasPrefix("\(scratch.path)/blechd.yaml:") })
      #expect(lines.last?.hasSuffix("did you mean settle_seconds?") == true)
    }
  }

  @Test func `Without a configuration it is said where it was looked for`() async throws {
    try await withScratchAsync { scratch in
      let check = try await run(scratch, ["check"], directory: scratch.path)
      #expect(check.exitCode == 78)
      #expect(
        check.errors.hasPrefix("blechctl: blechd.yaml: is not at \(scratch.path)/blechd.yaml; write it there")
      )
    }
  }
}

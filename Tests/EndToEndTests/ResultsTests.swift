import Configuration
import Foundation
import HDF5File
import Jobs
import Leases
import Testing
import Vocabulary

@Suite struct ResultsTests {
  @Test func `The same seed gives the same bytes, however many workers run`() async throws {
    var results: [[String: [UInt8]]] = []
    for workers in ["1", "2", "4"] {
      try await withSession { session in
        let run = try await session.infer(["--jobs", workers, "--separate-regions"])
        #expect(run.exitCode == 0, "\(run.errors)")
        results.append(try session.results())
      }
    }
    #expect(results[0].count == 20)
    #expect(results[1] == results[0])
    #expect(results[2] == results[0])
  }

  @Test func `Another seed gives other rates`() async throws {
    try await withSession { session in
      _ = try await session.infer()
      let first = try session.results()
      let run = try await session.infer(["--seed", "1"])
      #expect(run.exitCode == 0)
      #expect(
        try session.results()["region_all_taste_0/pred_firing"] != first["region_all_taste_0/pred_firing"])
      #expect(try session.results()["region_all_taste_0/pred_x"] == first["region_all_taste_0/pred_x"])
    }
  }

  @Test func `A second run says that nothing is to do and writes nothing`() async throws {
    try await withSession { session in
      _ = try await session.infer()
      let before = (try session.bytes(), try session.artifactBytes())
      let run = try await session.infer()
      #expect(run.exitCode == 0)
      #expect(run.output.contains("nothing to do, 2 results are up to date"))
      #expect(try session.bytes() == before.0)
      #expect(try session.artifactBytes() == before.1)
    }
  }

  @Test func `A result that was lost comes back from the saved network, bit for bit, without training`()
    async throws
  {
    try await withSession { session in
      _ = try await session.infer()
      let first = try session.results()
      try session.change { try $0.group("rnn_output")!.group("regions")!.remove("region_all_taste_1") }
      let run = try await session.infer(["--json"])
      #expect(run.output.contains(#""origin" : "savedModel""#), "\(run.output)")
      #expect(try session.results() == first)
    }
  }

  @Test func `Training again gives the same bytes and does not let the file grow`() async throws {
    try await withSession { session in
      _ = try await session.infer()
      let first = try session.results()
      let length = try session.bytes().count
      for _ in 0..<5 {
        let run = try await session.infer(["--retrain", "--json"])
        #expect(run.output.contains(#""origin" : "trained""#))
      }
      #expect(try session.results() == first)
      #expect(try session.bytes().count < length + 64 << 10)
    }
  }

  @Test func `Results of another program are kept until somebody asks for new ones`() async throws {
    try await withSession { session in
      try session.change { root in
        let regions = try root.createGroup("rnn_output").createGroup("regions")
        try regions.createGroup("region_all_taste_0").createArray("pred_firing", [1] as [Double], shape: [1])
        try regions.createGroup("region_old_taste_7").createArray("pred_firing", [2] as [Double], shape: [1])
      }
      let run = try await session.infer()
      #expect(run.exitCode == 0)
      #expect(run.output.contains("kept: another program's"))
      #expect(try session.results()["region_all_taste_0/pred_firing"]?.count == 8)
      _ = try await session.infer(["--retrain"])
      #expect(try session.results()["region_all_taste_0/pred_firing"]?.count == 4 * 3 * 116 * 8)
      // What nobody recomputed stays.
      #expect(try session.results()["region_old_taste_7/pred_firing"]?.count == 8)
    }
  }

  @Test func `Results of another program are replaced where the site says so`() async throws {
    try await withSession { session in
      try session.change { root in
        let regions = try root.createGroup("rnn_output").createGroup("regions")
        try regions.createGroup("region_all_taste_0").createArray("pred_firing", [1] as [Double], shape: [1])
      }
      var source = SessionSource(directory: session.directory.path)
      source.overrides.trainSteps = 30
      source.replacesForeign = true
      let run = SessionRun(
        source, worker: WorkerExecutable(path: Blechctl.worker), leases: LeaseKeeper(program: "test"),
        state: StateDirectory(path: session.folder.appending(path: "state").path), retrains: false,
        workers: 1, pipelineWait: .seconds(7200))
      let report = try await run.run { _ in }
      #expect(report.failures == [])
      #expect(report.inspection.jobs.map(\.existing) == [.foreign, .none])
      #expect(try session.results()["region_all_taste_0/pred_firing"]?.count == 4 * 3 * 116 * 8)
    }
  }

  @Test(arguments: [
    ([], ["region_all_taste_0", "region_all_taste_1"]),
    (["--no-separate-tastes"], ["region_all_taste_all"]),
    (
      ["--separate-regions"],
      ["region_gc_taste_0", "region_gc_taste_1", "region_pc_taste_0", "region_pc_taste_1"]
    ),
    (["--separate_regions", "--no_separate_tastes"], ["region_gc_taste_all", "region_pc_taste_all"]),
  ]) func `Groups are named as upstream names them`(options: [String], groups: [String]) async throws {
    try await withSession { session in
      let run = try await session.infer(options)
      #expect(run.exitCode == 0, "\(run.errors)")
      let regions = try #require(try session.root().group("rnn_output")?.group("regions"))
      #expect(try regions.childNames() == groups)
      let models = try FileManager.default.contentsOfDirectory(atPath: session.artifacts.path)
        .filter { $0.hasSuffix(".safetensors") }.sorted()
      #expect(models == groups.map { "\($0)_hidden_8_loss_mse.safetensors" })
    }
  }

  @Test func `Compressed integers, uneven tastes, a silent unit and a missing .params all work`() async throws
  {
    try await withSession(ScratchSession.compressed) { session in
      let run = try await session.infer()
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.output.contains("taken to be delivered at 2000 ms"))
      let regions = try #require(try session.root().group("rnn_output")?.group("regions"))
      for (taste, trials) in [(0, 4), (1, 3)] {
        let rates = try #require(try regions.group("region_all_taste_\(taste)")?.dataset("pred_firing"))
        #expect(try rates.shape() == [trials, 3, 116])
        let values = try rates.readAll(as: Double.self)
        #expect(values.allSatisfy { $0.isFinite && $0 >= 0 })
        // The silent unit is the second.
        for trial in 0..<trials {
          let start = (trial * 3 + 1) * 116
          #expect(values[start..<(start + 116)].allSatisfy { $0 < 0.5 })
        }
      }
    }
  }

  @Test func `What else lies among the tastes is skipped, and said`() async throws {
    try await withSession { session in
      try session.change {
        try $0.group("spike_trains")!.createArray("notes", [1] as [Double], shape: [1])
      }
      let run = try await session.infer()
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.output.contains("/spike_trains/notes is no digital input"))
      #expect(try session.results().count == 10)
    }
  }

  @Test func `A taste's name of any length does no harm`() async throws {
    try await withSession { session in
      let info = String(decoding: try Data(contentsOf: session.info), as: UTF8.self)
      let name = String(repeating: "long ", count: 20_000)
      try session.write(info.replacing("\"NaCl\"", with: "\"\(name)\""), to: session.name + ".info")
      let run = try await session.infer(["--json"])
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(try session.results().count == 10)
    }
  }

  @Test func `A saved network whose weights were changed is trained again`() async throws {
    try await withSession { session in
      _ = try await session.infer()
      let first = try session.results()
      let model = session.artifacts.appending(path: "region_all_taste_1_hidden_8_loss_mse.safetensors")
      var bytes = try Data(contentsOf: model)
      bytes[bytes.count - 3] ^= 1
      try bytes.write(to: model)
      try session.change { try $0.group("rnn_output")!.group("regions")!.remove("region_all_taste_1") }
      let run = try await session.infer(["--json"])
      #expect(run.output.contains(#""origin" : "trained""#), "\(run.output)")
      #expect(try session.results() == first)
    }
  }

  @Test func `One unit is enough`() async throws {
    try await withSession { session in
      try session.replaceSpikes(
        shape: [5, 1, 7000], (0..<35000).map { $0.isMultiple(of: 37) || $0.isMultiple(of: 101) ? 1 : 0 })
      let run = try await session.infer()
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(try session.shape(of: "pred_firing") == [5, 1, 116])
    }
  }

  @Test func `Where no unit fires, the rates are zero and the table says why`() async throws {
    try await withSession { session in
      try session.replaceSpikes(shape: [4, 3, 7000], Array(repeating: 0, count: 84000))
      let run = try await session.infer()
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.output.contains("no unit fired"))
      let rates = try #require(try session.results()["region_all_taste_0/pred_firing"])
      #expect(rates.allSatisfy { $0 == 0 })
      let warning = try String(contentsOf: session.artifacts.appending(path: "warning.txt"), encoding: .utf8)
      #expect(warning.split(separator: "\n").count == 2)
    }
  }

  @Test func `A taste that cannot be inferred does not hold back the others`() async throws {
    try await withSession { session in
      try session.change { root in
        let group = try root.group("spike_trains")!.group("dig_in_0")!
        try group.remove("spike_array")
        try group.createArray("spike_array", [Double](repeating: 1, count: 21000), shape: [1, 3, 7000])
      }
      let run = try await session.infer()
      #expect(run.exitCode == 1)
      #expect(run.output.contains("FAILED"))
      let regions = try #require(try session.root().group("rnn_output")?.group("regions"))
      #expect(try regions.childNames() == ["region_all_taste_1"])
    }
  }

  @Test func `Parameters come from the command line before the session's file`() async throws {
    try await withSession { session in
      try session.write(#"{"bin_size": 50, "hidden_size": 4, "cortex": true}"#, to: "blechrnn_params.json")
      let run = try await session.infer(["--hidden-size", "5"])
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.output.contains("blechd knows no parameter cortex"))
      #expect(try session.shape(of: "latent_out") == [58, 4, 5])
      let overridden = try await session.infer(["--override_config"])
      #expect(overridden.exitCode == 0)
      #expect(try session.shape(of: "latent_out") == [116, 4, 8])
    }
  }

  @Test func `With an output directory the session itself is not touched`() async throws {
    try await withSession { session in
      let before = try session.bytes()
      let output = session.folder.appending(path: "results")
      let run = try await session.infer(["--output-only", output.path])
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(try session.bytes() == before)
      #expect(!FileManager.default.fileExists(atPath: session.directory.appending(path: "rnn_output").path))
      let again = try await session.infer(["--output-only", output.path])
      #expect(again.output.contains("nothing to do"))
    }
  }
}

extension ScratchSession {
  /// The shape of an array of the first taste's results. Nothing of the file stays open: libhdf5 would show
  /// this process the old content for as long as it is.
  func shape(of array: String) throws -> [Int]? {
    try root().group("rnn_output")?.group("regions")?.group("region_all_taste_0")?.dataset(array)?.shape()
  }

  func artifactBytes() throws -> [String: Data] {
    let names = try FileManager.default.contentsOfDirectory(atPath: artifacts.path)
    return try Dictionary(
      uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: artifacts.appending(path: $0))) })
  }
}

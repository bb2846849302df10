import Foundation
import HDF5File
import TestSupport
import Testing

/// Opens what was written with the programs that its readers use: PyTables, h5py and PyTorch.
@Suite struct PeerTests {
  @Test(
    Peers.needs("tables, h5py, numpy"),
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
        [Peers.python, Peers.scripts.appending(path: "check_results.py").path, before, session.h5.path])
      #expect(check.exitCode == 0, "\(check.errors)")
    }
  }

  @Test(
    Peers.needs("tables, h5py, numpy"),
    arguments: ["tables-r", "tables-r+", "h5py-r", "h5py-r+", "h5py-unlocked"])
  func `While PyTables or h5py has the file open it is busy, and afterwards the work is there`(how: String)
    async throws
  {
    try await withSession { session in
      let (before, run) = try await Peers.beside("hold_open.py", [session.h5.path, how]) {
        // Opening r+ may write already.
        (try session.bytes(), try await session.infer())
      }.result
      #expect(run.exitCode == 75, "\(run.errors)")
      #expect(run.errors.contains("another program has the file open"), "\(run.errors)")
      #expect(try session.bytes() == before || how.hasSuffix("r+"))
      let again = try await session.infer(["--json"])
      #expect(again.exitCode == 0, "\(again.errors)")
      #expect(again.output.contains(#""origin" : "spool""#))
    }
  }

  @Test(Peers.needs("h5py"))
  func `Results that a person has linked to elsewhere in the file stay what they are`()
    async throws
  {
    try await withSession { session in
      _ = try await session.infer()
      let script = """
        import h5py, sys
        with h5py.File(sys.argv[1], "r+") as h5:
            if "kept" not in h5:
                h5["kept"] = h5["rnn_output/regions/region_all_taste_0"]
                h5["kept_array"] = h5["rnn_output/regions/region_all_taste_1/pred_firing"]
            print(h5["kept"].attrs["seed"], h5["kept/pred_firing"][()].sum(), h5["kept_array"][()].sum())
            print(h5["rnn_output/regions/region_all_taste_0"].attrs["seed"])
        """
      let look = [Peers.python, "-c", script, session.h5.path]
      let before = try await Blechctl.run(look).output.split(separator: "\n")
      #expect(before.count == 2 && before[1] == "0", "\(before)")
      #expect(try await session.infer(["--seed", "5"]).exitCode == 0)
      let after = try await Blechctl.run(look).output.split(separator: "\n")
      #expect(after.first == before.first && after.last == "5", "\(after)")
    }
  }

  @Test(Peers.needs("h5py"), arguments: ["rnn_output", "rnn_output/regions"])
  func `Where a person has linked to all results under another name, that is said before anything is trained`(
    name: String
  ) async throws {
    try await withSession { session in
      _ = try await session.infer()
      let script = "import h5py, sys\nwith h5py.File(sys.argv[1], 'r+') as h5: h5['kept'] = h5[sys.argv[2]]"
      _ = try await Blechctl.run([Peers.python, "-c", script, session.h5.path, name])
      let before = try session.bytes()
      let run = try await session.infer(["--seed", "5"])
      #expect(run.exitCode == 65, "\(run.errors)")
      #expect(run.errors.contains("/\(name): has another name"), "\(run.errors)")
      #expect(try session.bytes() == before)
    }
  }

  @Test(Peers.needs("h5py"))
  func
    `Who opens the file while it is changed is refused or sees a whole state, with HDF5's lock or without`()
    async throws
  {
    try await withScratchAsync { scratch in
      let path = try scratch.copySmallFile(superblock: 0)
      @Sendable func change(to number: Int) throws {
        try changeH5(at: path) { root in
          let group = try root.groupCreatingIfNeeded("rounds")
          let count = 40_000 + number % 3
          try group.setArray("values", [Double](repeating: Double(number), count: count), shape: [count])
          try group.setAttribute("round", .integer(Int64(number)))
        }
      }
      try change(to: 0)
      let (changes, status, output) = try await Peers.beside(
        "read_while_written.py", [path, "/rounds/values", scratch.path("copy.h5")]
      ) {
        var changes = 0
        let end = ContinuousClock.now + .seconds(3)
        while ContinuousClock.now < end {
          do {
            try change(to: changes + 1)
            changes += 1
          } catch let error as H5Error where error.code == .busy {}
        }
        return changes
      }
      print("\(changes) changes beside a reader: \(output)")
      #expect(status == .exited(0), "\(output)")
      #expect(changes > 5)
    }
  }

  @Test(
    Peers.needs("torch, h5py, safetensors"),
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
          Peers.python, Peers.scripts.appending(path: "check_artifact.py").path, session.h5.path, group,
          session.artifacts.appending(path: model).path,
        ])
        #expect(check.exitCode == 0, "\(check.output) \(check.errors)")
      }
    }
  }
}

import Foundation
import Testing

/// One way in which a session, or what is asked of it, can be bad.
struct BadInput: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let exitCode: Int32
  /// Every one of these stands in the message: what, where, what to do.
  let message: [String]
  let options: [String]
  let spoil: @Sendable (ScratchSession) throws -> Void

  init(
    _ title: String, _ exitCode: Int32, _ message: [String], options: [String] = [],
    _ spoil: @escaping @Sendable (ScratchSession) throws -> Void = { _ in }
  ) {
    testDescription = title
    self.exitCode = exitCode
    self.message = message
    self.options = options
    self.spoil = spoil
  }
}

@Suite struct BadInputTests {
  private static let files: [BadInput] = [
    BadInput("no directory", 66, ["No such file", "name a session's directory"]) {
      try FileManager.default.removeItem(at: $0.directory)
    },
    BadInput("a file instead of a directory", 66, ["Not a directory"]) {
      try FileManager.default.removeItem(at: $0.directory)
      try Data().write(to: $0.directory)
    },
    BadInput("no .h5", 66, ["no .h5", "blech_clust"]) { try $0.delete($0.name + ".h5") },
    BadInput("two .h5", 65, ["2 .h5 files", "other.h5", "move the others away"]) {
      try $0.write("", to: "other.h5")
    },
    BadInput("an empty .h5", 65, [".h5", "signature", "restore it"]) {
      try $0.write("", to: $0.name + ".h5")
    },
    BadInput("a truncated .h5", 65, [".h5", "truncated"]) { try $0.bytes().prefix(200_000).write(to: $0.h5) },
    BadInput("no HDF5 at all", 65, [".h5", "signature"]) {
      try $0.write(String(repeating: "not HDF5 ", count: 1000), to: $0.name + ".h5")
    },
    BadInput("a symbolic link to an .h5", 65, ["symbolic link", "put the file itself there"]) {
      try FileManager.default.moveItem(at: $0.h5, to: $0.folder.appending(path: "elsewhere.h5"))
      try FileManager.default.createSymbolicLink(
        at: $0.h5, withDestinationURL: $0.folder.appending(path: "elsewhere.h5"))
    },
    BadInput("a directory called .h5", 65, ["not a regular file"]) {
      try FileManager.default.removeItem(at: $0.h5)
      try FileManager.default.createDirectory(at: $0.h5, withIntermediateDirectories: false)
    },
    BadInput("a symbolic link where results go", 65, ["rnn_output", "symbolic link"]) {
      try FileManager.default.createSymbolicLink(
        at: $0.directory.appending(path: "rnn_output"), withDestinationURL: $0.folder.appending(path: "home"))
    },
    BadInput("no .info", 66, ["no .info", "blech_exp_info.py"]) { try $0.delete($0.name + ".info") },
    BadInput("an .info that is not JSON", 65, [".info", "not valid JSON"]) {
      try $0.write("regions: gc", to: $0.name + ".info")
    },
    BadInput("a truncated .info", 65, [".info", "not valid JSON", "try again"]) {
      try Data(contentsOf: $0.info).prefix(100).write(to: $0.info)
    },
    BadInput("a .params without durations", 65, [".params", "spike_array_durations", "[2000, 5000]"]) {
      try $0.write("{}", to: $0.name + ".params")
    },
    BadInput("a session that is being re-sorted", 75, ["blech_process.py", "re-sorted", "--ignore-log"]) {
      let log = #"""
        {"attempted": {"/a/blech_process.py": "2026-01-02 00:00:00", "/a/blech_make_arrays.py": "2026-01-01 00:00:00"},
         "completed": {"/a/blech_make_arrays.py": "2026-01-01 00:00:01"}}
        """#
      try $0.write(log, to: "execution_log.json")
    },
    BadInput("a session that is not sorted yet", 75, ["blech_make_arrays.py has not completed"]) {
      try $0.write(#"{"attempted": {}, "completed": {}}"#, to: "execution_log.json")
    },
  ]

  private static let arrays: [BadInput] = [
    BadInput("no /spike_trains", 65, ["no /spike_trains", "blech_make_arrays.py"]) {
      try $0.change { try $0.remove("spike_trains") }
    },
    BadInput("an empty /spike_trains", 65, ["/spike_trains", "no taste has any trials"]) {
      try $0.change {
        try $0.remove("spike_trains")
        try $0.createGroup("spike_trains")
      }
    },
    BadInput("no spike_array", 65, ["/spike_trains/dig_in_0", "no spike_array"]) {
      try $0.change { try $0.group("spike_trains")!.group("dig_in_0")!.remove("spike_array") }
    },
    BadInput(
      "spikes with two axes", 65, ["/spike_trains/dig_in_0/spike_array", "2 axes", "trials, units, ms"]
    ) {
      try $0.replaceSpikes(shape: [4, 7000], Array(repeating: 0, count: 28000))
    },
    BadInput("spikes that are no numbers", 65, ["/spike_trains/dig_in_0/spike_array", "table rows"]) {
      try $0.change {
        let group = try $0.group("spike_trains")!.group("dig_in_0")!
        try group.remove("spike_array")
        try group.createTable("spike_array", columns: [.init("a", .integers([1]))])
      }
    },
    BadInput("no units", 65, ["spike_array", "no units"]) { try $0.replaceSpikes(shape: [4, 0, 7000], []) },
    BadInput("one trial", 65, ["train_test_split", "1 trial"]) {
      try $0.replaceSpikes(shape: [1, 3, 7000], Array(repeating: 1, count: 21000))
    },
    BadInput("NaN", 65, ["/spike_trains/dig_in_0/spike_array", "[2, 1, 2345]", "nan"]) {
      try $0.setSpike(at: [2, 1, 2345], to: .nan)
    },
    BadInput("infinity", 65, ["[0, 0, 1500]", "inf"]) { try $0.setSpike(at: [0, 0, 1500], to: .infinity) },
    BadInput("a negative value", 65, ["[3, 2, 4499]", "-1"]) { try $0.setSpike(at: [3, 2, 4499], to: -1) },
    BadInput("a fraction", 65, ["[1, 0, 2000]", "0.5"]) { try $0.setSpike(at: [1, 0, 2000], to: 0.5) },
    BadInput(
      "regions apart without /unit_descriptor", 65, ["/unit_descriptor", "--separate-regions"],
      options: ["--separate-regions"]
    ) { try $0.change { try $0.remove("unit_descriptor") } },
    BadInput(
      "a region whose name leads out of the folder", 65, ["electrode_layout", "../gc", "rename"],
      options: ["--separate-regions"]
    ) {
      let info = String(decoding: try Data(contentsOf: $0.info), as: UTF8.self)
      try $0.write(info.replacing("\"gc\": [", with: "\"../gc\": ["), to: $0.name + ".info")
    },
  ]

  private static let parameters: [BadInput] = [
    BadInput(
      "a window outside the trial", 65, ["time_lims", "7000 ms"], options: ["--time-lims", "1500", "9000"]),
    BadInput(
      "a window that bins do not divide", 65, ["time_lims", "bin_size"], options: ["--bin-size", "7"]),
    BadInput(
      "a window without the stimulus", 65, ["time_lims", "2000 ms"], options: ["--time-lims", "2500", "4500"]),
    BadInput("a window before its start", 65, ["time_lims"], options: ["--time-lims", "4500", "1500"]),
    BadInput("a forecast too long", 65, ["forecast_time", "3000 ms"], options: ["--forecast-time", "3000"]),
    BadInput(
      "a forecast between bins", 65, ["forecast_time", "bin_size"], options: ["--forecast-time", "30"]),
    BadInput(
      "a window of impossible length", 65, ["time_lims"],
      options: ["--time-lims", "1", "-9223372036854775808"]),
    BadInput("no steps", 65, ["train_steps"], options: ["--train_steps", "0"]),
    BadInput("no latent factors", 65, ["hidden_size"], options: ["--hidden_size=0"]),
    BadInput("nothing to validate on", 65, ["train_test_split"], options: ["--train-test-split", "1"]),
    BadInput("an option that does not exist", 64, ["--trian-steps"], options: ["--trian-steps", "5"]),
    BadInput("a number that is none", 64, ["bin-size", "many"], options: ["--bin-size", "many"]),
    BadInput(
      "a blechrnn_params.json of the wrong type", 65, ["blechrnn_params.json", "bin_size", "whole number"]
    ) {
      try $0.write(#"{"bin_size": "25"}"#, to: "blechrnn_params.json")
    },
    BadInput("a dropout that leaves nothing", 65, ["dropout", "0.99"]) {
      try $0.write(#"{"dropout": 0.99999999999}"#, to: "blechrnn_params.json")
    },
    BadInput("a model that does not exist", 65, ["model must be one of blechrnn"]) {
      try $0.write(#"{"model": "residual"}"#, to: "blechrnn_params.json")
    },
    BadInput("a blechrnn_params.json that is not JSON", 65, ["blechrnn_params.json", "--override-config"]) {
      try $0.write("bin_size = 25", to: "blechrnn_params.json")
    },
  ]

  @Test(arguments: files + arrays + parameters)
  func `Bad input gets one clear message and its exit code, and the .h5 stays as it was`(
    input: BadInput
  ) async throws {
    try await withSession { session in
      try input.spoil(session)
      let before = try? session.bytes()
      let run = try await session.infer(["--jobs", "1"] + input.options)
      #expect(run.exitCode == input.exitCode, "\(run.errors)")
      for part in input.message {
        #expect(run.errors.contains(part), "\"\(part)\" is not in: \(run.errors)")
      }
      #expect((try? session.bytes()) == before)
    }
  }

  @Test func `A file that another program holds is left alone, and the work is kept for the next try`()
    async throws
  {
    try await withSession { session in
      let before = try session.bytes()
      let holder = open(session.h5.path, O_RDONLY)
      flock(holder, LOCK_SH)
      let busy = try await session.infer()
      #expect(busy.exitCode == 75)
      #expect(busy.errors.contains("another program has the file open"))
      #expect(try session.bytes() == before)
      close(holder)
      let again = try await session.infer(["--json"])
      #expect(again.exitCode == 0)
      #expect(again.output.contains(#""origin" : "spool""#))
    }
  }

  @Test func `A worker that is not there is named`() async throws {
    try await withSession { session in
      let run = try await session.infer(environment: ["BLECHD_WORKER": "/nowhere/blechd-worker"])
      #expect(run.exitCode == 70)
      #expect(run.errors.contains("/nowhere/blechd-worker"))
    }
  }

  @Test func `One bad session of two does not hold back the other`() async throws {
    try await withSession { good in
      let missing = good.folder.appending(path: "missing").path
      let run = try await good.blechctl.run(["infer", missing, good.directory.path, "--train-steps", "30"])
      #expect(run.exitCode == 1)
      #expect(run.errors.contains(missing))
      #expect(try good.results().count == 10)
    }
  }
}

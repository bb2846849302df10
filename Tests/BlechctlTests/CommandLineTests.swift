import ArgumentParser
import Parameters
import Testing

@testable import blechctl

@Suite struct UpstreamSpellingTests {
  @Test(arguments: [
    (["infer", "--train_steps", "200", "my_dir"], ["infer", "--train-steps", "200", "my_dir"]),
    (["--bin_size=10", "--output_only=a_b=c_d"], ["--bin-size=10", "--output-only=a_b=c_d"]),
    (["--time_lims", "1500", "4500", "dir"], ["--time-lims=1500,4500", "dir"]),
    (["--time-lims", "-25", "4500"], ["--time-lims=-25,4500"]),
    (["--time-lims", "1500", "dir"], ["--time-lims", "1500", "dir"]),
    (["--time-lims", "1500,4500", "7"], ["--time-lims", "1500,4500", "7"]),
    (["--time-lims"], ["--time-lims"]), (["--time-lims", "1"], ["--time-lims", "1"]),
    (
      ["a_b", "--", "--train_steps", "--time_lims", "1", "2"],
      ["a_b", "--", "--train_steps", "--time_lims", "1", "2"]
    ),
    (["-h_x", "-", ""], ["-h_x", "-", ""]), ([], []),
  ]) func `Options are spelt with dashes, everything else stays`(typed: [String], normalised: [String]) {
    #expect(UpstreamSpelling.normalised(typed) == normalised)
  }
}

@Suite struct InferOptionsTests {
  private func parse(_ arguments: String...) throws -> InferCommand {
    let command = try Blechctl.parseAsRoot(UpstreamSpelling.normalised(["infer"] + arguments))
    return try #require(command as? InferCommand)
  }

  @Test func `What is not given is not set`() throws {
    let command = try parse("a", "b")
    #expect(command.directories == ["a", "b"])
    #expect(command.parameters.overrides == ParameterOverrides())
    #expect(!command.retrain && !command.overrideConfig && !command.ignoreLog && !command.json)
    #expect(command.jobs == nil && command.outputOnly == nil)
  }

  @Test(arguments: [false, true]) func `Upstream's options mean what they mean there`(usesUnderscores: Bool)
    throws
  {
    let options = [
      "--override-config", "--train-steps", "200", "--hidden-size", "4", "--bin-size", "50",
      "--train-test-split", "0.5", "--no-pca", "--retrain", "--time-lims", "1000", "4000",
      "--separate-regions", "--separate-tastes", "--forecast-time", "50", "my-dir",
    ].map { $0.hasPrefix("--") && usesUnderscores ? "--" + $0.dropFirst(2).map { $0 == "-" ? "_" : $0 } : $0 }
    let command = try #require(
      try Blechctl.parseAsRoot(UpstreamSpelling.normalised(["infer"] + options)) as? InferCommand)
    var expected = ParameterOverrides()
    expected.trainSteps = 200
    expected.hiddenSize = 4
    expected.binSize = 50
    expected.trainTestSplit = 0.5
    expected.usePCA = false
    expected.timeLims = TimeLimits(start: 1000, end: 4000)
    expected.separateRegions = true
    expected.separateTastes = true
    expected.forecastTime = 50
    #expect(command.parameters.overrides == expected)
    #expect(command.overrideConfig && command.retrain)
    #expect(command.directories == ["my-dir"])
  }

  @Test func `Our own options are read`() throws {
    let command = try parse(
      "--no-separate-tastes", "--no-separate-regions", "--patience", "0", "--model", "blechrnn", "--seed",
      "7",
      "--jobs", "3", "--no-figures", "--ignore-log", "--output-only", "out", "--json", "dir")
    let overrides = command.parameters.overrides
    #expect(overrides.separateTastes == false && overrides.separateRegions == false)
    #expect(overrides.patience == 0 && overrides.model == .blechrnn && overrides.seed == 7)
    #expect(command.jobs == 3 && command.outputOnly == "out" && command.ignoreLog && command.json)
  }

  @Test(arguments: [
    [], ["--jobs", "0", "a"], ["--jobs", "1025", "a"], ["--bin-size", "ten", "a"],
    ["--bin-size", "1.5", "a"],
    ["--bin-size", "99999999999999999999", "a"], ["--seed", "-1", "a"], ["--model", "transformer", "a"],
    ["--time-lims", "1500", "a"], ["--time-lims", "a", "b"], ["--time-lims", "1,2,3", "a"],
    ["--train-test-split", "nan", "a"], ["--train-test-split", "inf", "a"], ["--no-such-option", "a"],
  ]) func `A command line that means nothing is refused`(arguments: [String]) {
    let error = #expect(throws: (any Error).self) {
      try Blechctl.parseAsRoot(UpstreamSpelling.normalised(["infer"] + arguments))
    }
    #expect(error.map { Blechctl.exitCode(for: $0) } == .validationFailure)
  }

  @Test func `A window that starts before the trial reaches the rules, which say so`() throws {
    #expect(
      try parse("--time-lims", "-25", "4500", "a").parameters.overrides.timeLims
        == TimeLimits(start: -25, end: 4500))
  }
}

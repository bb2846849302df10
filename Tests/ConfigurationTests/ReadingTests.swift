import Configuration
import Parameters
import TestSupport
import Testing
import Yams

@Suite struct ConfigurationReadingTests {
  @Test func `The example sets every default`() throws {
    #expect(try read(example()) == Configuration(watch: [WatchedRoot(path: "/data/lab")]))
  }

  @Test func `The example has every key that there is`() throws {
    let defaults = Configuration(watch: [WatchedRoot(path: "/data/lab")])
    #expect(try compose(yaml: example(), .basic) == compose(yaml: defaults.yaml, .basic))
  }

  @Test func `Every key can be set`() throws {
    let read = try read(Everything.yaml)
    #expect(read == Everything.configuration)
    let (mine, defaults) = (Everything.configuration, Configuration.default)
    #expect(mine.figures != defaults.figures && mine.retry != defaults.retry)
  }

  @Test func `A root alone is enough`() throws {
    #expect(try read(someRoot) == Configuration(watch: [WatchedRoot(path: "/data/lab")]))
  }

  @Test(arguments: [
    ("/data/lab/", "/data/lab"), ("//data///lab//", "/data/lab"), ("/data/my lab", "/data/my lab"),
    ("/data/été", "/data/été"), ("/2026", "/2026"), ("/\u{301}data//", "/\u{301}data"),
  ]) func `A root's path is spelt in one way`(typed: String, path: String) throws {
    #expect(try read("watch: [{path: \"\(typed)\"}]").watch.map(\.path) == [path])
  }

  @Test(arguments: [
    ("require_execution_log: no", false), ("require_execution_log: off", false),
    ("require_execution_log: False", false), ("require_execution_log: YES", true),
  ]) func `YAML's words for true and false are known where nothing else can be meant`(
    line: String, expected: Bool
  ) throws {
    #expect(try read(someRoot + line).requiresExecutionLog == expected)
  }

  @Test(arguments: [
    "exclude: [no, 2026, 1.5, true, 'null']", "exclude: [\"no\", \"2026\", \"1.5\", \"true\", \"null\"]",
  ]) func `Where text is wanted a word is text, whatever it means elsewhere`(line: String) throws {
    let yaml = "watch:\n  - path: /data/lab\n    \(line)\n"
    #expect(try read(yaml).watch[0].exclude == ["no", "2026", "1.5", "true", "null"])
  }

  @Test(
    arguments: [
      ("none", .none), ("\"none\"", .none), ("all", .all), ("2024-02-29", .since("2024-02-29")),
      ("'2026-01-31'", .since("2026-01-31")), ("1970-01-01", .since("1970-01-01")),
      ("2000-02-29", .since("2000-02-29")),
    ] as [(String, WatchedRoot.Backlog)])
  func `A backlog is a word or a day, quoted or not`(typed: String, backlog: WatchedRoot.Backlog) throws {
    #expect(try read("watch: [{path: /data/lab, backlog: \(typed)}]").watch[0].backlog == backlog)
  }

  @Test(
    arguments: [
      ("1", .seconds(1)), ("3600", .seconds(3600)), ("2.5", .milliseconds(2500)), ("1e1", .seconds(10)),
      ("10.0004", .seconds(10)),
    ] as [(String, Duration)])
  func `Settling takes seconds and their thousandths`(typed: String, settle: Duration) throws {
    #expect(try read(someRoot + "settle_seconds: \(typed)").settle == settle)
  }

  @Test(arguments: ["inference:", "inference: {}", "inference: ~", "limits:\n", "notify: null"])
  func `A key with nothing below it sets nothing`(line: String) throws {
    #expect(try read(someRoot + line) == Configuration(watch: [WatchedRoot(path: "/data/lab")]))
  }

  @Test(arguments: ["\r\n", "\n"]) func `Windows' line ends and byte order mark are read`(lineEnd: String)
    throws
  {
    let yaml = "\u{FEFF}" + Everything.yaml.split(separator: "\n").joined(separator: lineEnd)
    #expect(try Configuration(yaml: Array(yaml.utf8), file: someFile) == Everything.configuration)
  }

  @Test func `A pressure may be set and unset`() throws {
    let pressure = try read(someRoot + "limits: {pressure_max_percent: {cpu: 50, memory: null}}").limits
      .pressure
    #expect(pressure.cpuPercent == 50 && pressure.memoryPercent == nil && pressure.ioPercent == nil)
  }

  @Test func `An inference file goes over what inference sets, and what is unknown in it is remembered`()
    throws
  {
    try withScratch { scratch in
      let file = try scratch.write("params.json", #"{"bin_size": 50, "zeta": 1, "patience": null}"#)
      let configuration = try read(
        someRoot + "inference_file: \(file)\ninference: {bin_size: 20, hidden_size: 4}\n")
      #expect(configuration.inferenceFile?.path == file)
      #expect(configuration.inferenceFile?.ignoredKeys == ["zeta"])
      #expect(configuration.inference.binSize == 20)
      var site = ParameterOverrides()
      site.binSize = 50
      site.hiddenSize = 4
      #expect(configuration.siteParameters == site)
    }
  }

  @Test func `Without an inference file the configuration's own parameters hold`() throws {
    let configuration = try read(someRoot + "inference: {bin_size: 20}\n")
    #expect(configuration.siteParameters == configuration.inference)
    #expect(configuration.siteParameters.binSize == 20)
  }
}

@Suite struct HoursOfDayTests {
  @Test(arguments: [
    ("19:00-07:00", 1140, true), ("19:00-07:00", 1139, false), ("19:00-07:00", 0, true),
    ("19:00-07:00", 419, true), ("19:00-07:00", 420, false), ("09:30-17:00", 570, true),
    ("09:30-17:00", 1020, false), ("00:00-23:59", 1439, false), ("23:59-00:00", 1439, true),
  ]) func `Hours end before their end, and may pass midnight`(text: String, minute: Int, isIn: Bool) throws {
    let hours = try #require(HoursOfDay(text))
    #expect(hours.contains(minute: minute) == isIn)
    #expect(hours.description == text)
  }

  @Test(arguments: [
    "", "19:00", "19:00-", "-07:00", "19:00-19:00", "24:00-07:00", "19:60-07:00", "7:00-19:00",
    "19:00-07:00-",
    "19:00 - 07:00", "+9:00-07:00", "19-07", "19:00–07:00", "1900-0700", "١٩:00-07:00",
  ]) func `Other text is no hours`(text: String) {
    #expect(HoursOfDay(text) == nil)
  }
}

import Configuration
import TestSupport
import Testing
import Vocabulary

/// One mistake, and what is said of it.
struct Mistake: Sendable, CustomTestStringConvertible {
  var yaml: String
  var lines: [String]

  /// Lines below a root that is well, which takes line 1.
  init(_ yaml: String, _ lines: String...) {
    self.yaml = someRoot + yaml
    self.lines = lines.map { "\(someFile):\($0)" }
  }

  init(file yaml: String, _ lines: String...) {
    self.yaml = yaml
    self.lines = lines.map { "\(someFile):\($0)" }
  }

  /// Of a root, on line 2.
  init(root yaml: String, _ lines: String...) {
    self.yaml = "watch:\n  - \(yaml)\n"
    self.lines = lines.map { "\(someFile):\($0)" }
  }

  var testDescription: String { yaml }
}

@Suite struct MistakesTests {
  private static let listOfFolders = "a list of folders, each after a dash: - path: /data/lab"
  private static let rootPath = "must be an absolute path, such as /data/lab"
  private static let mapping = "must be a mapping: keys with values, indented below it"

  @Test(arguments: [
    Mistake(file: "", "1: watch: is missing; it must be \(listOfFolders)"),
    Mistake(file: "# nothing\n\n", "1: watch: is missing; it must be \(listOfFolders)"),
    Mistake(file: "settle_seconds: 10\n", "1: watch: is missing; it must be \(listOfFolders)"),
    Mistake(file: "# none\nwatch:\n", "2: watch: is empty; must be \(listOfFolders)"),
    Mistake(file: "watch: []", "1: watch: is an empty list; must be \(listOfFolders)"),
    Mistake(file: "watch: /data", "1: watch: is /data; must be \(listOfFolders)"),
    Mistake(
      file: "watch:\n  path: /data", "1: watch: is a mapping (keys with values); must be \(listOfFolders)"),
    Mistake(file: "- path: /data", "1: is a list; \(mapping)"),
    Mistake(file: "watch", "1: is watch; \(mapping)"),
    Mistake(
      file: "wacth: [{path: /data}]", "1: watch: is missing; it must be \(listOfFolders)",
      "1: wacth: is no key that blechd knows; did you mean watch?"),
  ]) func `A file must be a mapping, and name folders to watch`(mistake: Mistake) {
    #expect(problems(mistake.yaml) == mistake.lines)
  }

  @Test(arguments: [
    Mistake(
      root: "/data", "2: watch[0]: is /data; must be a mapping that begins with path: - path: /data/lab"),
    Mistake(root: "backend: auto", "2: watch[0].path: is missing; name the folder to watch"),
    Mistake(root: "path:", "2: watch[0].path: is empty; \(rootPath)"),
    Mistake(root: "path: null", "2: watch[0].path: is null; \(rootPath)"),
    Mistake(root: "path: ''", "2: watch[0].path: is the text \"\"; \(rootPath)"),
    Mistake(root: "path: [/data]", "2: watch[0].path: is a list; \(rootPath)"),
    Mistake(
      root: "path: ~/data", "2: watch[0].path: is ~/data; \(rootPath), without . and .. and not / itself"),
    Mistake(root: "path: lab", "2: watch[0].path: is lab; \(rootPath), without . and .. and not / itself"),
    Mistake(
      root: "path: /a/../b", "2: watch[0].path: is /a/../b; \(rootPath), without . and .. and not / itself"),
    Mistake(root: "path: //", "2: watch[0].path: is //; \(rootPath), without . and .. and not / itself"),
    Mistake(root: #"path: "/a\0b""#, "2: watch[0].path: is the text \"/a\\u{0}b\"; \(rootPath)"),
    Mistake(
      root: "path: /data\n    backend: inotfy",
      "3: watch[0].backend: is inotfy; must be auto, inotify or polling"),
    Mistake(
      root: "path: /data\n    backend:", "3: watch[0].backend: is empty; must be auto, inotify or polling"),
    Mistake(
      root: "path: /data\n    exclude: '*.tmp'",
      "3: watch[0].exclude: is the text \"*.tmp\"; must be a list of patterns, such as [\"*.tmp\", \"old/**\"]"
    ),
    Mistake(
      root: "path: /data\n    exclude: [a, /data/old]\n    priority: 0",
      "3: watch[0].exclude[1]: is /data/old; must be a pattern for what lies below the folder, such as \"old/**\", "
        + "without / at its start and .."),
    Mistake(
      root: "path: /data\n    exclude:\n      - ok\n      -",
      "5: watch[0].exclude[1]: is empty; must be a pattern for what lies below the folder, such as \"old/**\", "
        + "without / at its start and .."),
    Mistake(
      root: "path: /data\n    priority: high",
      "3: watch[0].priority: is high; must be a whole number, -1000...1000"),
    Mistake(
      root: "path: /data\n    priority: -1001",
      "3: watch[0].priority: is -1001; must be a whole number, -1000...1000"),
    Mistake(
      root: "path: /data\n    backlog: no",
      "3: watch[0].backlog: is no; must be none, all or a day, such as 2026-01-31"),
    Mistake(
      root: "path: /data\n    backlog: null",
      "3: watch[0].backlog: is null; must be none, all or a day, such as 2026-01-31"),
    Mistake(
      root: "path: /data\n    prioriti: 1",
      "3: watch[0].prioriti: is no key that blechd knows; did you mean priority?"),
    Mistake(
      root: "path: /data\n    colour: 1",
      "3: watch[0].colour: is no key that blechd knows; known here: path, backend, exclude, priority, backlog"
    ),
  ]) func `A root's keys are checked`(mistake: Mistake) {
    #expect(problems(mistake.yaml) == mistake.lines)
  }

  @Test(arguments: [
    "2026-1-31", "2026-02-29", "2100-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2026-01-00",
    "1969-12-31",
    "31.01.2026", "2026-01-31T00:00:00", "+026-01-31", "26-01-31", "All", "",
  ]) func `What is no day of the calendar is refused`(day: String) {
    let text = problems("watch: [{path: /data, backlog: \"\(day)\"}]")
    #expect(
      text == [
        "\(someFile):1: watch[0].backlog: is the text \"\(day)\"; must be none, all or a day, such as 2026-01-31"
      ])
  }

  @Test(arguments: [
    (["/data", "/data"], "3: watch[1].path: is /data, which equals watch[0], /data (line 2)"),
    (["/data", "/data//"], "3: watch[1].path: is /data, which equals watch[0], /data (line 2)"),
    (["/data", "/data/lab"], "3: watch[1].path: is /data/lab, which lies below watch[0], /data (line 2)"),
    (
      ["/data/lab/x", "/data"], "2: watch[0].path: is /data/lab/x, which lies below watch[1], /data (line 3)"
    ),
    (["/data", "/database", "/dat"], nil), (["/caf\u{E9}", "/cafe\u{301}"], nil),
  ]) func `No root may lie in another`(paths: [String], problem: String?) {
    let yaml = "watch:\n" + paths.map { "  - path: \($0)\n" }.joined()
    #expect(problems(yaml) == (problem.map { ["\(someFile):\($0); remove one of them"] } ?? []))
  }

  @Test(arguments: [
    Mistake(
      "settle_secnds: 10", "2: settle_secnds: is no key that blechd knows; did you mean settle_seconds?"),
    Mistake(
      "Settle_Seconds: 10", "2: Settle_Seconds: is no key that blechd knows; did you mean settle_seconds?"),
    Mistake("jobs: 4", "2: jobs: is no key that blechd knows; it belongs below limits"),
    Mistake("limits:\nnice: 4", "3: nice: is no key that blechd knows; it belongs below limits"),
    Mistake(
      "retry:\n  limits:\n    nice: 4",
      "3: retry.limits: is no key that blechd knows; it belongs to the left margin"),
    Mistake(
      "retry: {colour: red}",
      "2: retry.colour: is no key that blechd knows; known here: attempts, first_delay_seconds, max_delay_seconds"
    ),
    Mistake("<<: {}", "2: <<: is no key that blechd knows; known here: \(topKeys)"),
    Mistake("'': 1", "2: \"\": is no key that blechd knows; known here: \(topKeys)"),
    Mistake(
      "\"a\\nb\": 1", "2: a\\u{a}b: is no key that blechd knows; known here: \(topKeys)"),
    Mistake(
      "inference: {binsize: 25}", "2: inference.binsize: is no key that blechd knows; did you mean bin_size?"),
  ]) func `An unknown key is named, with what may have been meant`(mistake: Mistake) {
    #expect(problems(mistake.yaml) == mistake.lines)
  }

  private static let topKeys =
    "watch, settle_seconds, pipeline_wait_minutes, require_execution_log, existing_results, inference_file, "
    + "inference, figures, limits, retry, history, notify, control_group"

  private static let seconds = "must be a number of seconds, 1...3600"
  private static let nice = "must be a whole number, 0...19"

  @Test(arguments: [
    Mistake("settle_seconds: 0.5", "2: settle_seconds: is 0.5; \(seconds)"),
    Mistake("settle_seconds: 3600.5", "2: settle_seconds: is 3600.5; \(seconds)"),
    Mistake("settle_seconds: \"10\"", "2: settle_seconds: is the text \"10\"; \(seconds), without quotes"),
    Mistake("settle_seconds: ten", "2: settle_seconds: is ten; \(seconds)"),
    Mistake("settle_seconds: .nan", "2: settle_seconds: is .nan; \(seconds)"),
    Mistake("settle_seconds: 1e999", "2: settle_seconds: is 1e999; \(seconds)"),
    Mistake("settle_seconds: 1:30", "2: settle_seconds: is 1:30; \(seconds)"),
    Mistake("settle_seconds: 0x10", "2: settle_seconds: is 0x10; \(seconds)"),
    Mistake("settle_seconds: 10 s", "2: settle_seconds: is 10 s; \(seconds)"),
    Mistake("settle_seconds:", "2: settle_seconds: is empty; \(seconds)"),
    Mistake("settle_seconds: [10]", "2: settle_seconds: is a list; \(seconds)"),
    Mistake(
      "pipeline_wait_minutes: 1.5",
      "2: pipeline_wait_minutes: is 1.5; must be a whole number of minutes, 0...10080"),
    Mistake("limits: {nice: 20}", "2: limits.nice: is 20; \(nice)"),
    Mistake("limits: {nice: 010}", "2: limits.nice: is 010; \(nice), without 0 before it"),
    Mistake("limits: {nice: '10'}", "2: limits.nice: is the text \"10\"; \(nice), without quotes"),
    Mistake("limits: {nice: +1}", "2: limits.nice: is +1; \(nice)"),
    Mistake("limits: {nice: -1}", "2: limits.nice: is -1; \(nice)"),
    Mistake("limits: {nice: 1_0}", "2: limits.nice: is 1_0; \(nice)"),
    Mistake("limits: {nice: \(String(repeating: "9", count: 70))}", "2: limits.nice: is \(nines); \(nice)"),
    Mistake("limits: {jobs: 0}", "2: limits.jobs: is 0; must be auto or a whole number, 1...1024"),
    Mistake("limits: {jobs: all}", "2: limits.jobs: is all; must be auto or a whole number, 1...1024"),
    Mistake(
      "limits: {pressure_max_percent: {cpu: 0}}",
      "2: limits.pressure_max_percent.cpu: is 0; must be null or a whole number, 1...100"),
    Mistake("limits: {pressure_max_percent: 20}", "2: limits.pressure_max_percent: is 20; \(mapping)"),
    Mistake("limits: 4", "2: limits: is 4; \(mapping)"),
    Mistake("figures: [all]", "2: figures: is a list; \(mapping)"),
    Mistake("figures: {dpi: 601}", "2: figures.dpi: is 601; must be a whole number, 50...600"),
    Mistake(
      "retry: {first_delay_seconds: 60, max_delay_seconds: 30}",
      "2: retry.max_delay_seconds: the first delay, 60 s, must not exceed the longest, 30 s"),
    Mistake(
      "retry:\n  first_delay_seconds: 7200",
      "3: retry.first_delay_seconds: the first delay, 7200 s, must not exceed the longest, 3600 s"),
    Mistake("history: {rows: 1}", "2: history.rows: is 1; must be a whole number, 100...10000000"),
  ]) func `A number must be one, and in its range`(mistake: Mistake) {
    #expect(problems(mistake.yaml) == mistake.lines)
  }

  private static let nines = String(repeating: "9", count: 57) + "..."

  private static let group = "must be a group's name, or null for none"
  private static let hours = "must be two times, HH:MM-HH:MM, such as 19:00-07:00, or null for"
  private static let program =
    "must be a program's absolute path, such as /usr/local/bin/tell-us, or, with arguments, a list: "
    + "[/usr/local/bin/tell-us, --verbose]"

  @Test(arguments: [
    Mistake("require_execution_log: 1", "2: require_execution_log: is 1; must be true or false"),
    Mistake("require_execution_log: ", "2: require_execution_log: is empty; must be true or false"),
    Mistake(
      "require_execution_log: 'true'",
      "2: require_execution_log: is the text \"true\"; must be true or false, without quotes"),
    Mistake("existing_results: delete", "2: existing_results: is delete; must be keep or replace"),
    Mistake(
      "existing_results: {}", "2: existing_results: is a mapping (keys with values); must be keep or replace"),
    Mistake("figures: {set: no}", "2: figures.set: is no; must be all, summary or none"),
    Mistake("figures: {set: null}", "2: figures.set: is null; must be all, summary or none"),
    Mistake("figures: {format: pdf}", "2: figures.format: is pdf; must be png"),
    Mistake("limits: {io_class: Idle}", "2: limits.io_class: is Idle; must be idle or best-effort"),
    Mistake("limits: {hours: 19:00}", "2: limits.hours: is 19:00; \(hours) any time"),
    Mistake("limits: {hours: 9-17}", "2: limits.hours: is 9-17; \(hours) any time"),
    Mistake("limits: {hours: no}", "2: limits.hours: is no; \(hours) none"),
    Mistake("limits: {hours: [a]}", "2: limits.hours: is a list; \(hours) none"),
    Mistake("control_group: none", "2: control_group: is none; \(group)"),
    Mistake("control_group: False", "2: control_group: is False; \(group)"),
    Mistake("control_group: 1000", "2: control_group: is 1000; must be a group's name, not its number"),
    Mistake("control_group: [lab]", "2: control_group: is a list; \(group)"),
    Mistake("notify: /bin/mail", "2: notify: is /bin/mail; \(mapping)"),
    Mistake("notify: {command: no}", "2: notify.command: is no; \(program), or null for none"),
    Mistake("notify: {command: mail}", "2: notify.command: is mail; \(program)"),
    Mistake("notify: {command: /bin/mail -s x}", "2: notify.command: is /bin/mail -s x; \(program)"),
    Mistake("notify: {command: []}", "2: notify.command: is an empty list; \(program)"),
    Mistake(
      "notify:\n  command:\n    - mail",
      "4: notify.command[0]: is mail; must be a program's absolute path, such as /usr/local/bin/tell-us"),
    Mistake(
      "notify: {command: [/bin/mail, {}]}",
      "2: notify.command[1]: is a mapping (keys with values); must be text"),
  ]) func `Words, times and programs are checked`(mistake: Mistake) {
    #expect(problems(mistake.yaml) == mistake.lines)
  }

  @Test(arguments: [
    Mistake("inference: {hidden_size: 0}", "2: inference.hidden_size: is 0; must be 1...512"),
    Mistake(
      "inference: {bin_size: \"25\"}",
      "2: inference.bin_size: is the text \"25\"; must be a whole number, without quotes"),
    Mistake("inference: {bin_size: 25.0}", "2: inference.bin_size: is 25.0; must be a whole number"),
    Mistake("inference:\n  bin_size: 0", "3: inference.bin_size: is 0; must be at least 1 ms"),
    Mistake(
      "inference:\n  patience: 3\n  bin_size: 30",
      "2: inference.forecast_time: is 100, the default; must be a positive multiple of bin_size, 30 ms"),
    Mistake(
      "inference: {time_lims: [1500, 4510]}",
      "2: inference.time_lims: is [1500, 4510]; its 3010 ms are not divisible by bin_size, 25 ms; change one of them"
    ),
    Mistake(
      "inference: {time_lims: [1500]}",
      "2: inference.time_lims: is a list of 1; must be two whole numbers of ms in brackets, such as [1500, 4500]"
    ),
    Mistake(
      "inference: {time_lims: 1500}",
      "2: inference.time_lims: is 1500; must be two whole numbers of ms in brackets, such as [1500, 4500]"),
    Mistake(
      "inference: {time_lims: [0, x]}", "2: inference.time_lims[1]: is x; must be a whole number of ms"),
    Mistake(
      "inference: {train_test_split: half}", "2: inference.train_test_split: is half; must be a number"),
    Mistake(
      "inference: {train_test_split: 1}",
      "2: inference.train_test_split: is 1.0; must lie between 0 and 1, without them"),
    Mistake("inference: {model: rnn}", "2: inference.model: is rnn; must be blechrnn"),
    Mistake("inference: {use_pca: 1}", "2: inference.use_pca: is 1; must be true or false"),
    Mistake("inference: {seed: -1}", "2: inference.seed: is -1; must be a whole number, 0 or more"),
    Mistake(
      "inference:\n  bin_size: x\n  forecast_time: 30\n  dropout: 2",
      "3: inference.bin_size: is x; must be a whole number", "5: inference.dropout: is 2.0; must be 0...0.99"),
    Mistake(
      "inference:\n  seed: x\n  forecast_time: 30\n  dropout: 2",
      "3: inference.seed: is x; must be a whole number, 0 or more",
      "4: inference.forecast_time: is 30; must be a positive multiple of bin_size, 25 ms",
      "5: inference.dropout: is 2.0; must be 0...0.99"),
  ]) func `Parameters keep their own rules`(mistake: Mistake) {
    #expect(problems(mistake.yaml) == mistake.lines)
  }

  private static let noAliases =
    "anchors (&name) and aliases (*name) are not allowed; text that begins with * or & needs quotes: \"*.tmp\""

  @Test(arguments: [
    Mistake("limits: &x {}", "2: \(noAliases)"), Mistake("&x limits: {}", "2: \(noAliases)"),
    Mistake("inference: *x", "2: \(noAliases)"), Mistake("inference: *.tmp", "2: \(noAliases)"),
    Mistake("a: &x 1\nb: *x", "3: \(noAliases)"), Mistake("a: &x 1\n&y b: [*x, *y]", "3: \(noAliases)"),
    Mistake(
      "settle_seconds: !!str 10",
      "2: tags (!name) are not allowed; text that begins with ! needs quotes: \"!name\""),
    Mistake(
      "limits: !x {}", "2: tags (!name) are not allowed; text that begins with ! needs quotes: \"!name\""),
    Mistake(
      "retry: {}\nretry: {}", "2: retry: is there more than once, here for the first time; keep one of them"),
    Mistake(
      "retry: {attempts: 1, 'attempts': 2}",
      "2: attempts: is there more than once, here for the first time; keep one of them"),
    Mistake(
      "---\nretry: {}", "2: a second document begins here, and one is read; remove this --- and what follows"),
    Mistake("? [a]\n: 1", "2: has a list or a mapping for a key; keys are words"),
    Mistake("? {&a b: c}\n: 1", "2: \(noAliases)"),
    Mistake(
      "limits:\n\tnice: 1",
      "3: is not valid YAML: found character that cannot start any token; indent with blanks, not tabs, and put text "
        + "that begins with @, ` or % in quotes"),
    Mistake(
      "limits:\n    nice: 1\n  jobs: 1",
      "4: is not valid YAML: did not find expected key; keys of one mapping are indented alike"),
    Mistake(
      "limits: \"a", "2: is not valid YAML: found unexpected end of stream; a quote is not closed"),
    Mistake(
      "limits: [a\nretry: {}\n",
      "3: is not valid YAML: did not find expected ',' or ']'; a bracket or a quote is not closed"),
    Mistake(
      "settle_seconds:10\n",
      "2: is not valid YAML: could not find expected ':'; a key is followed by a colon and a blank"),
    Mistake("a: \u{1}", "2: holds the invisible character U+0001; remove it"),
    Mistake("a: 1\r\n# \u{2028}", "3: holds the invisible character U+2028; remove it"),
    Mistake("a: 1\rb: 1", "2: holds a carriage return without a line feed; save it with line feeds"),
    Mistake("a: 1\r", "2: holds a carriage return without a line feed; save it with line feeds"),
    Mistake("a: 1 \u{FEFF}", "2: holds the invisible character U+FEFF; remove it"),
    Mistake(#"a: "\uFEFF""#, "2: holds the invisible character U+FEFF; remove it"),
    Mistake(#"a: "\U0000feff""#, "2: holds the invisible character U+FEFF; remove it"),
  ]) func `YAML that is none, or too much of it, is refused`(mistake: Mistake) {
    #expect(problems(mistake.yaml) == mistake.lines)
  }

  @Test func `Text that is not UTF-8 is refused with its line`() {
    #expect(
      problems(Array("a: 1\nb: caf".utf8) + [0xE9, 0x0A]) == [
        "\(someFile):2: is not UTF-8 text; save the file as UTF-8"
      ])
  }

  @Test func `Aliases of aliases keep nobody busy`() {
    let levels = (1...200).map { "a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1)]\n" }.joined()
    let yaml = "a0: &a0 [x]\n\(levels)? *a200\n: 1\n"
    #expect(problems(yaml) == ["\(someFile):2: \(Self.noAliases)"])
  }

  @Test(arguments: ["[", "{a: ", "- ", "? ", "- ? ", "{? ["]) func `Depth is bounded`(opening: String) {
    for depth in [990, 100_000] {
      let yaml = "watch: " + (opening.hasPrefix("-") ? "\n" : "") + String(repeating: opening, count: depth)
      #expect(!problems(yaml).isEmpty)
    }
  }

  @Test func `All mistakes are named at once, by line`() {
    let lines = problems(
      "limits: {nice: 20, jobz: 1}\nwatch:\n- path: a\n  exclude: [/x]\nzzz: 1\nhistory: {days: 0}\n")
    #expect(
      lines.map { $0.split(separator: " ")[0] + $0.split(separator: " ")[1] } == [
        "blechd.yaml:1:limits.nice:", "blechd.yaml:1:limits.jobz:", "blechd.yaml:3:watch[0].path:",
        "blechd.yaml:4:watch[0].exclude[0]:", "blechd.yaml:5:zzz:", "blechd.yaml:6:history.days:",
      ])
  }

  @Test func `A flood of mistakes is cut off`() {
    let yaml = someRoot + "notify: {command: [\(String(repeating: "[],", count: 99))]}\n"
    #expect(problems(yaml).count == 99)
    let many = someRoot + (0..<5000).map { "k\($0): 1\n" }.joined()
    #expect((1...1000).contains(problems(many).count))
    #expect(
      problems("watch: [\(String(repeating: "a,", count: 257))]") == [
        "\(someFile):1: watch: has 257 entries; 256 are allowed"
      ])
  }

  @Test func `As one failure it is the first, and how many there are`() {
    let error = #expect(throws: ConfigurationError.self) { try read("settle_seconds: 0\n") }
    #expect(
      error?.failure
        == Failure(
          .badConfiguration, "blechd.yaml:1", "watch: is missing; it must be \(Self.listOfFolders)",
          remedy: "and 1 more: see blechctl config check blechd.yaml"))
    #expect(error?.problems.map(\.key) == ["watch", "settle_seconds"])
  }
}

@Suite struct InferenceFileTests {
  @Test(arguments: [
    ("params.json", "is params.json; must be the absolute path of a blechrnn_params.json, or null for none"),
    ("none", "is none; must be the absolute path of a blechrnn_params.json, or null for none"),
    (
      "{}",
      "is a mapping (keys with values); must be the absolute path of a blechrnn_params.json, or null for none"
    ),
  ]) func `An inference file is named by its absolute path`(typed: String, what: String) {
    #expect(problems(someRoot + "inference_file: \(typed)") == ["\(someFile):2: inference_file: \(what)"])
  }

  @Test(arguments: [
    (nil, "cannot open it: No such file or directory"), ("", "cannot be used: it is not valid JSON"),
    (#"{"bin_size": "x"}"#, "cannot be used: bin_size must be of type whole number"),
    ("[1]", "cannot be used: it must be of type object"),
  ]) func `One that cannot be used says why`(json: String?, what: String) throws {
    try withScratch { scratch in
      if let json { try scratch.write("p.json", json) }
      let path = scratch.path("p.json")
      #expect(
        problems(someRoot + "inference_file: \(path)\n") == [
          "\(someFile):2: inference_file: \(path): \(what)"
        ])
    }
  }

  @Test func `One that does not fit what inference sets says so`() throws {
    try withScratch { scratch in
      let path = try scratch.write("p.json", #"{"bin_size": 50}"#)
      let lines = problems(someRoot + "inference: {forecast_time: 25}\ninference_file: \(path)\n")
      #expect(lines.count == 1)
      #expect(lines.first?.hasPrefix("\(someFile):3: inference_file: ") == true)
      #expect(
        lines.first?.hasSuffix(
          "over what inference sets, gives forecast_time = 25: must be a positive multiple of bin_size, 50 ms"
        )
          == true)
    }
  }
}

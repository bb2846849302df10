import Testing

@testable import SessionFolder

@Suite struct ExecutionLogTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var attempted: [String: String] = [:]
    var completed: [String: String] = [:]
    var verdict: ExecutionLog.Verdict

    init(
      _ description: String, _ attempted: [String: String] = [:], _ completed: [String: String] = [:],
      _ verdict: ExecutionLog.Verdict
    ) {
      testDescription = description
      (self.attempted, self.completed, self.verdict) = (attempted, completed, verdict)
    }
  }

  private static let make = "/opt/blech_clust/blech_make_arrays.py"
  private static let process = "/opt/blech_clust/blech_process.py"
  private static let postProcess = "/opt/blech_clust/blech_post_process.py"

  private static func attempted(_ script: String, _ minute: Int) -> ExecutionLog.Entry {
    ExecutionLog.Entry(script: script, event: .attempted, time: time(minute))
  }

  private static func completed(_ script: String, _ minute: Int) -> ExecutionLog.Entry {
    ExecutionLog.Entry(script: script, event: .completed, time: time(minute))
  }

  private static func made(_ minute: Int) -> ExecutionLog.Entry { completed("blech_make_arrays.py", minute) }

  private static func time(_ minute: Int) -> String { "2026-01-01 10:\(minute < 10 ? "0" : "")\(minute):00" }

  @Test(arguments: [
    Case("an empty log", [:], [:], .notSorted(nil)),
    Case(
      "attempted, never completed", [make: time(1)], [:], .notSorted(attempted("blech_make_arrays.py", 1))),
    Case("completed", [make: time(1)], [make: time(2)], .sorted(made(2))),
    Case("completed, its attempt not recorded", [:], [make: time(2)], .sorted(made(2))),
    Case("attempted and completed in the same second", [make: time(1)], [make: time(1)], .sorted(made(1))),
    Case(
      "attempted again", [make: time(3)], [make: time(2)],
      .beingResorted(by: attempted("blech_make_arrays.py", 3), after: made(2))),
    Case(
      "sorted before", [make: time(5), process: time(1)], [make: time(6), process: time(2)],
      .sorted(made(6))),
    Case(
      "clustered again", [make: time(1), process: time(3)], [make: time(2)],
      .beingResorted(by: attempted("blech_process.py", 3), after: made(2))),
    Case(
      "clustered again, its attempt not recorded", [make: time(1)], [make: time(2), process: time(3)],
      .beingResorted(by: completed("blech_process.py", 3), after: made(2))),
    Case(
      "units chosen again", [make: time(1), postProcess: time(3)], [make: time(2)],
      .beingResorted(by: attempted("blech_post_process.py", 3), after: made(2))),
    Case(
      "units chosen again and completed", [make: time(1), postProcess: time(1)],
      [make: time(2), postProcess: time(4)],
      .beingResorted(by: completed("blech_post_process.py", 4), after: made(2))),
    Case(
      "units chosen in the same second", [make: time(1), postProcess: time(2)], [make: time(2)],
      .sorted(made(2))),
    Case(
      "later scripts do not change the spikes",
      [make: time(1), "/opt/blech_units_characteristics.py": time(9)],
      [make: time(2)], .sorted(made(2))),
    Case(
      "the same script from other folders: the latest counts",
      [make: time(1), "/home/a b/blech_make_arrays.py": time(4)],
      [make: time(2), "/home/a b/blech_make_arrays.py": time(5), "blech_process.py": time(3)],
      .sorted(made(5))),
    Case(
      "the same script attempted from another folder",
      [make: time(1), #"C:\lab\blech_make_arrays.py"#: time(4)], [make: time(2)],
      .beingResorted(by: attempted("blech_make_arrays.py", 4), after: made(2))),
    Case(
      "a name that only contains the script's", [:], ["/opt/my_blech_make_arrays.py": time(1)],
      .notSorted(nil)),
    Case("a time without its date", [:], [make: "10:00:00"], .notSorted(nil)),
    Case("a time as ISO 8601 writes it", [:], [make: "2026-01-01T10:00:00"], .notSorted(nil)),
    Case("no time", [:], [make: ""], .notSorted(nil)),
    Case("digits of another script", [:], [make: "２０２６-01-01 10:00:00"], .notSorted(nil)),
    Case(
      "a malformed later attempt does not count", [make: time(1), process: "tomorrow"], [make: time(2)],
      .sorted(made(2))),
  ]) func `A log says whether the spikes are ready`(log: Case) {
    let json = JSONValue.object([
      "attempted": .object(log.attempted.mapValues { .text($0) }),
      "completed": .object(log.completed.mapValues { .text($0) }),
    ])
    #expect(ExecutionLog(json).verdict == log.verdict)
  }

  @Test func `Scripts that have not ended are named, the latest first`() {
    let json = JSONValue.object([
      "attempted": .object([
        "/a/ended.py": .text(Self.time(1)), "/a/ended_at_once.py": .text(Self.time(2)),
        "/a/never.py": .text(Self.time(3)), "/a/again.py": .text(Self.time(9)),
        "/b/again.py": .text(Self.time(4)), "/a/also.py": .text(Self.time(3)), "/a/bad.py": .text("now"),
      ]),
      "completed": .object([
        "/a/ended.py": .text(Self.time(2)), "/a/ended_at_once.py": .text(Self.time(2)),
        "/c/again.py": .text(Self.time(8)), "/a/unknown.py": .text(Self.time(8)),
      ]),
    ])
    let unfinished = ExecutionLog(json).unfinished
    #expect(unfinished.map(\.script) == ["again.py", "also.py", "never.py"])
    #expect(unfinished.map(\.attempted) == [Self.time(9), Self.time(3), Self.time(3)])
  }

  @Test(arguments: [
    "null", "[]", "3", "{}", #"{"completed": null}"#, #"{"completed": []}"#,
    #"{"completed": {"blech_make_arrays.py": 20260101}}"#,
    #"{"completed": {"blech_make_arrays.py": ["2026-01-01 10:00:00"]}}"#,
    #"{"completed": {"": "x", "/": "y"}}"#,
  ]) func `A log of another shape says that nothing is sorted`(json: String) throws {
    #expect(try ExecutionLog(JSONParser.parse(Array(json.utf8))).verdict == .notSorted(nil))
  }

  @Test func `The newest of several times is taken whatever the order of the keys`() throws {
    for paths in [["/a", "/b"], ["/b", "/a"]] {
      let log = try ExecutionLog(
        JSONParser.parse(
          Array(
            """
            {"completed": {"\(paths[0])/blech_make_arrays.py": "2026-01-02 00:00:00",
                           "\(paths[1])/blech_make_arrays.py": "2025-12-31 23:59:59"}}
            """.utf8)))
      #expect(log.completed == ["blech_make_arrays.py": "2026-01-02 00:00:00"])
    }
  }
}

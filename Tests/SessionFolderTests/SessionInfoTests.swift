import Testing

@testable import SessionFolder

@Suite struct SessionInfoTests {
  private func info(_ json: String) throws -> SessionInfo {
    SessionInfo(try JSONParser.parse(Array(json.utf8)))
  }

  @Test func `Regions are sorted, keep their case, and leave EMG and unused ports out`() throws {
    let info = try info(
      """
      {"electrode_layout": {"pc": [[4, 5], [6]], "GC": [0, 1, [2, [3]]], "emg": [[8]], "EMG_R": [9],
                            "none": [10], "None_2": [[11]], "empty": []}}
      """)
    #expect(
      info.regions == [
        .init(name: "GC", electrodes: [0, 1, 2, 3]), .init(name: "empty", electrodes: []),
        .init(name: "pc", electrodes: [4, 5, 6]),
      ])
  }

  @Test(arguments: [
    "{}", "null", "[]", #"{"electrode_layout": null, "taste_params": []}"#,
    #"{"electrode_layout": [1], "taste_params": {"tastes": "NaCl", "dig_ins": 3}}"#,
  ]) func `A file of another shape holds nothing`(json: String) throws {
    let info = try info(json)
    #expect(info.regions == [] && info.tastes == [])
    #expect(info.tasteName(ofDigIn: "dig_in_0") == nil)
  }

  @Test(arguments: [
    ("DIN-11", "NaCl"), ("DIN-12", "Water"), ("DIN-1", nil), ("dig_in_0", nil), ("", nil),
  ]) func `A digital input is found by its name`(digIn: String, taste: String?) throws {
    let info = try info(
      #"{"taste_params": {"dig_ins": [7, 8], "dig_in_names": ["DIN-11", "DIN-12"], "tastes": ["NaCl", "Water"]}}"#
    )
    #expect(info.tasteName(ofDigIn: digIn) == taste)
  }

  @Test(arguments: [
    ("DIN-11", "NaCl"), ("board-DIN-11", "NaCl"), ("dig_in_3", "Water"), ("the blue valve 11", "NaCl"),
    ("DIN-1", nil), ("DIN-011", "NaCl"), ("valve", nil), ("99999999999999999999", nil), ("DIN-١١", nil),
  ]) func `Without names a digital input is found by the number that it ends in`(
    digIn: String, taste: String?
  )
    throws
  {
    let info = try info(#"{"taste_params": {"dig_ins": [11, 3], "tastes": ["NaCl", "Water"]}}"#)
    #expect(info.tasteName(ofDigIn: digIn) == taste)
  }

  @Test(arguments: [#"[null, 3]"#, #"["eleven", 3]"#, #"["11", 3]"#, "[0.5, 3]"])
  func `A digital input without a number does not shift those after it`(digIns: String) throws {
    let info = try info(#"{"taste_params": {"dig_ins": \#(digIns), "tastes": ["NaCl", "Water"]}}"#)
    #expect(info.tasteName(ofDigIn: "dig_in_3") == "Water")
  }

  @Test func `An input whose taste is missing or empty has no name`() throws {
    let info = try info(
      #"{"taste_params": {"dig_in_names": ["a", "b", "c", "d"], "tastes": ["", null, "Water"]}}"#)
    #expect(["a", "b", "c", "d"].map { info.tasteName(ofDigIn: $0) } == [nil, nil, "Water", nil])
  }

  @Test(arguments: [
    "", ".", "..", ".hidden", "a/b", "/", "all", "a\u{0}b", "a\nb", "\u{7F}", "\u{9B}",
    String(repeating: "a", count: 101), String(repeating: "ä", count: 51),
  ]) func `A region name that cannot be part of a file's name is refused`(name: String) {
    #expect(SessionInfo.problem(ofRegionName: name) != nil)
  }

  @Test(arguments: ["gc", "GC", "All", "a.b", "left gc", "岛叶", "-", String(repeating: "a", count: 100)])
  func `Other region names are fine`(name: String) {
    #expect(SessionInfo.problem(ofRegionName: name) == nil)
  }
}

@Suite struct JSONValueTests {
  @Test(
    arguments: [
      ("null", .null), ("true", .bool(true)), ("1", .number(1)), ("0", .number(0)), (#""1""#, .text("1")),
      ("[1, [2]]", .array([.number(1), .array([.number(2)])])), (#"{"a": {}}"#, .object(["a": .object([:])])),
      ("Infinity", .number(.infinity)), (#"{"a": 1, "a": 2}"#, .object(["a": .number(2)])), ("", nil),
      ("{", nil), ("[1", nil), ("1e999", .number(.infinity)), (" \t\r\n[ ]\n", .array([])),
      ("\u{FEFF}{}", .object([:])), ("-0.5e-1", .number(-0.05)), ("1E+2", .number(100)),
      ("01", nil), ("+1", nil), (".5", nil), ("1.", nil), ("1e", nil), ("-", nil), ("[1,]", nil),
      ("[,]", nil),
      (#"{"a":1,}"#, nil), ("{a: 1}", nil), ("'a'", nil), ("nul", nil), ("1 2", nil), ("[1 2]", nil),
      (#"{"a" 1}"#, nil), ("{1: 2}", nil), ("]", nil),
    ] as [(String, JSONValue?)])
  func `JSON of any shape is read, what is none is refused`(json: String, value: JSONValue?) throws {
    let read = try? JSONParser.parse(Array(json.utf8))
    #expect(read == value)
  }

  @Test(
    arguments: [
      (#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{C}\n\r\t"), (#""\u00e9\uD83D\uDE00""#, "é😀"),
      (#""é😀""#, "é😀"),
      (#""\ud800x""#, "\u{FFFD}x"), (#""\ud800\ud800""#, "\u{FFFD}\u{FFFD}"), (#""\udc00""#, "\u{FFFD}"),
      (#""\r\n""#, "\r\n"), (#""\u12""#, nil), (#""\u+123""#, nil), (#""\x41""#, nil), (#""a"#, nil),
      ("\"a\nb\"", nil), (#""\"#, nil),
    ] as [(String, String?)])
  func `Text is read with its escapes, as Python writes them`(json: String, text: String?) {
    #expect((try? JSONParser.parse(Array(json.utf8)))?.text == text)
  }

  @Test func `Bytes that are no text are refused`() {
    #expect(throws: JSONParser.Problem.invalid) { try JSONParser.parse([0x22, 0xFF, 0x22]) }
  }

  @Test func `What no script writes is refused before it takes time and memory`() throws {
    func nested(_ depth: Int) -> [UInt8] {
      Array(String(repeating: "[", count: depth).utf8) + Array(String(repeating: "]", count: depth).utf8)
    }
    func flat(_ count: Int) -> [UInt8] { Array("[\(String(repeating: "0,", count: count - 1))0]".utf8) }
    #expect(throws: Never.self) { try JSONParser.parse(nested(JSONParser.deepest + 1)) }
    #expect(throws: JSONParser.Problem.tooDeep) { try JSONParser.parse(nested(JSONParser.deepest + 2)) }
    #expect(throws: JSONParser.Problem.tooDeep) { try JSONParser.parse(nested(8 << 20)) }
    #expect(throws: Never.self) { try JSONParser.parse(flat(JSONParser.mostValues - 1)) }
    #expect(throws: JSONParser.Problem.tooManyValues) { try JSONParser.parse(flat(JSONParser.mostValues)) }
  }

  @Test func `Python's NaN is a number, and no whole one`() throws {
    let value = try JSONParser.parse(Array(#"{"a": NaN, "b": -Infinity, "c": 2.0, "d": 2.5}"#.utf8))
    #expect(value["a"] != nil && value["a"]?.integer == nil)
    #expect(value["b"]?.integer == nil && value["c"]?.integer == 2 && value["d"]?.integer == nil)
    #expect(value["e"] == nil && value["a"]?["b"] == nil)
  }
}

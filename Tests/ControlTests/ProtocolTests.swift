import FoundationEssentials
import Testing
import Vocabulary

@testable import Control

@Suite struct ProtocolTests {
  /// Every verb, as it stands in a request.
  static let verbs: [(ControlRequest.Verb, String)] = [
    (.status, #"{"status":{}}"#), (.why(directory: "/a"), #"{"why":{"directory":"/a"}}"#),
    (.retry(directory: "/a"), #"{"retry":{"directory":"/a"}}"#),
    (.retrain(directory: "/a"), #"{"retrain":{"directory":"/a"}}"#),
    (.cancel(directory: "/a"), #"{"cancel":{"directory":"/a"}}"#),
    (.first(directory: "/a"), #"{"first":{"directory":"/a"}}"#), (.pause, #"{"pause":{}}"#),
    (.resume, #"{"resume":{}}"#), (.process(directory: "/a"), #"{"process":{"directory":"/a"}}"#),
    (.processBacklog, #"{"process_backlog":{}}"#), (.reload, #"{"reload":{}}"#),
  ]

  @Test(arguments: verbs.map(\.0) + [.why(directory: "/data/a\n\"b\u{2028}é")])
  func `A request survives its line`(verb: ControlRequest.Verb) throws {
    let line = ControlRequest(verb).line
    #expect(line.firstIndex(of: 10) == line.count - 1)
    #expect(try ControlRequest(line: line.dropLast()).verb == verb)
  }

  @Test(arguments: verbs) func `Every verb has its form`(verb: ControlRequest.Verb, json: String) throws {
    #expect(try ControlRequest(line: Array(#"{"version":1,"verb":\#(json)}"#.utf8)).verb == verb)
    #expect(verb.directory == (json.contains("/a") ? "/a" : nil))
  }

  @Test func `No verb is without a test of its form`() {
    let keys = Self.verbs.map { $0.1.dropFirst(2).prefix { $0 != "\"" } }.map(String.init)
    #expect(Set(keys) == Set(ControlRequest.Verb.CodingKeys.allCases.map(\.rawValue)))
  }

  @Test func `A request looks as the documentation says`() throws {
    #expect(try ControlRequest(line: Array(statusRequest.utf8)).verb == .status)
    #expect(try ControlRequest(line: Array(whyRequest("/a").utf8)).verb == .why(directory: "/a"))
    #expect(
      try ControlRequest(line: Array(#" {"verb":{"status":{"x":1}},"new":[1],"version":1}"#.utf8)).verb
        == .status, "what a later version adds is passed over")
  }

  @Test(
    arguments: [
      ("", "is no JSON object"), ("hello", "is no JSON object"), ("[]", "is no JSON object"),
      ("{}", "is no JSON object"), (#"{"version":1"#, "is no JSON object"),
      (#"{"version":"1","verb":{"status":{}}}"#, "is no JSON object"),
      (#"{"version":1,"verb":"status"}"#, "is no JSON object"),
      (#"{"version":2,"verb":{"status":{}}}"#, "is of version 2; this daemon speaks version 1"),
      (#"{"version":2,"verb":{"dance":{}}}"#, "is of version 2"),
      (#"{"version":1}"#, "does not have one verb"), (#"{"version":1,"verb":{}}"#, "does not have one verb"),
      (#"{"version":1,"verb":{"status":{},"why":{"directory":"/"}}}"#, "does not have one verb"),
      (#"{"version":1,"verb":{"dance":{}}}"#, "has a verb that this daemon does not know: dance"),
      (#"{"version":1,"verb":{"why":{}}}"#, "lacks what the verb why needs"),
      (#"{"version":1,"verb":{"why":{"directory":7}}}"#, "lacks what the verb why needs"),
      (#"{"version":1,"verb":{"cancel":{}}}"#, "lacks what the verb cancel needs"),
      (#"{"version":1,"verb":{"processBacklog":{}}}"#, "has a verb that this daemon does not know"),
    ])
  func `What is no request is told what it lacks`(line: String, what: String) {
    let failure = #expect(throws: Failure.self) { try ControlRequest(line: Array(line.utf8)) }
    #expect(failure?.code == .usage)
    #expect(failure?.what.hasPrefix(what) == true, "\(failure?.what ?? "")")
    #expect(failure?.remedy != "")
  }

  @Test(
    arguments: [
      Array(repeating: UInt8(ascii: "["), count: 60_000),
      Array((#"{"version":1,"verb":"# + String(repeating: #"{"a":"#, count: 12_000)).utf8),
      Array(0...255).map { UInt8($0) }, [0xFF, 0xFE, 0x7B, 0x00], [0],
      Array(#"{"version":1,"verb":{"why":{"directory":""#.utf8) + [0xC3, 0x28] + Array(#""}}}"#.utf8),
    ] as [[UInt8]])
  func `Bytes that mean harm are no request`(line: [UInt8]) {
    let failure = #expect(throws: Failure.self) { try ControlRequest(line: line) }
    #expect(failure?.code == .usage)
  }

  @Test func `Little of a verb's name is told back`() {
    let name = String(repeating: "é", count: 10_000)
    let failure = #expect(throws: Failure.self) {
      try ControlRequest(line: Array(#"{"version":1,"verb":{"\#(name)":{}}}"#.utf8))
    }
    #expect((failure?.what.count).map { $0 < 150 } == true)
  }

  @Test(
    arguments: [
      .answered(Array(#"{"a":[1,2.50,null],"answer":"}"}"#.utf8)), .answered(Array("7".utf8)),
      .failed(Failure(.badData, "/a\nb", "what", remedy: "do")),
    ] as [ControlResponse])
  func `A response survives its line`(response: ControlResponse) throws {
    let line = response.line()
    #expect(line.firstIndex(of: 10) == line.count - 1)
    #expect(try ControlResponse.read(line: line.dropLast()) == response)
  }

  @Test func `Line ends in an answer become spaces`() throws {
    let line = ControlResponse.answered(Array("{\r\n\"a\": 1\n}".utf8)).line()
    #expect(String(decoding: line, as: UTF8.self) == #"{"version":1,"answer":{  "a": 1 }}"# + "\n")
  }

  @Test func `An answer that is too long becomes a failure`() throws {
    let answer = ControlResponse.answered(Array("[1,2]".utf8))
    #expect(try ControlResponse.read(line: answer.line(longestDocument: 5).dropLast()) == answer)
    guard
      case .failed(let failure) = try ControlResponse.read(line: answer.line(longestDocument: 4).dropLast())
    else {
      Issue.record("no failure")
      return
    }
    #expect(failure.code == .internalError)
  }

  @Test(
    arguments: [
      "", "HTTP/1.1 400 Bad Request", "{}", #"{"version":1}"#, #"{"version":1,"answer":}"#,
      #"{"version":1,"answer":{}"#, #"{"version":1,"answer":{},"failure":null}"#,
      #"{"version":1,"failure":{"code":12345,"place":"","what":"","remedy":""}}"#,
    ])
  func `What is no response is none`(line: String) throws {
    #expect(try ControlResponse.read(line: Array(line.utf8)) == nil)
  }

  @Test func `A response of another version is named`() {
    let failure = #expect(throws: Failure.self) {
      try ControlResponse.read(line: Array(#"{"version":2,"answer":{}}"#.utf8))
    }
    #expect(failure?.code == .internalError)
    #expect(failure?.what.contains("version 2") == true)
  }
}

extension ControlRequest {
  fileprivate init(line: ArraySlice<UInt8>) throws(Failure) { try self.init(line: Array(line)) }
}

extension ControlResponse {
  fileprivate static func read(line: ArraySlice<UInt8>) throws(Failure) -> ControlResponse? {
    try read(line: Array(line))
  }
}

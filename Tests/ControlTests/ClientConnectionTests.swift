import Testing
import Vocabulary

@testable import Control

/// Scenarios as tables: what happens at which second, and what the connection then wants.
@Suite struct ClientConnectionTests {
  enum Event {
    case receive(String)
    case end
    case answer(String)
    case wrote(Int)
    case wroteAll
    case disconnect
    case tick
  }

  /// What there is to do after an event.
  enum Wanted: Equatable {
    case input
    /// Hands out this request.
    case request(String)
    /// A handler is at work.
    case answer
    case output(String)
    /// A failure that says this, before the end.
    case lastWords(String)
    case nothing
  }

  struct Step {
    let second: Double
    let event: Event
    let wanted: Wanted

    init(_ second: Double, _ event: Event, _ wanted: Wanted) {
      (self.second, self.event, self.wanted) = (second, event, wanted)
    }
  }

  static let limits: ControlLimits = {
    var limits = ControlLimits()
    limits.requestBytes = 8
    return limits
  }()

  @Test(arguments: [
    (
      "a request comes in pieces",
      [
        Step(0, .receive("ab"), .input), Step(1, .receive("c"), .input),
        Step(9.9, .receive("\n"), .request("abc")),
        Step(10, .tick, .answer), Step(69, .answer("yes\n"), .output("yes\n")),
        Step(70, .wrote(1), .output("es\n")),
        Step(71, .wroteAll, .input), Step(80.9, .tick, .input), Step(81, .tick, .nothing),
      ]
    ),
    (
      "one request at a time, in order",
      [
        Step(0, .receive("a\nb\nc"), .request("a")), Step(1, .tick, .answer),
        Step(2, .answer("A\n"), .output("A\n")), Step(3, .wroteAll, .request("b")),
        Step(4, .answer("B\n"), .output("B\n")), Step(5, .wroteAll, .input),
        Step(6, .receive("\n"), .request("c")),
      ]
    ),
    ("an idle client goes without a word", [Step(9.9, .tick, .input), Step(10, .tick, .nothing)]),
    (
      "a slow one is told",
      [
        Step(0, .receive("a"), .input), Step(9, .receive("b"), .input),
        Step(10, .tick, .lastWords("is not whole within 10.0 seconds")), Step(11, .wroteAll, .nothing),
      ]
    ),
    (
      "a slow one that does not read goes",
      [
        Step(0, .receive("a"), .input), Step(10, .tick, .lastWords("is not whole within 10.0 seconds")),
        Step(19.9, .wrote(1), .lastWords("is not whole within 10.0 seconds")), Step(20, .tick, .nothing),
      ]
    ),
    ("empty lines are requests too", [Step(0, .receive("\n"), .request(""))]),
    ("a line as long as may be", [Step(0, .receive("12345678\n"), .request("12345678"))]),
    (
      "a line as long as may be, without its end",
      [Step(0, .receive("12345678"), .input), Step(1, .receive("\n"), .request("12345678"))]
    ),
    (
      "a longer line",
      [Step(0, .receive("123456789\n"), .lastWords("is longer than 8 bytes")), Step(1, .wroteAll, .nothing)]
    ),
    (
      "a longer line, without its end",
      [
        Step(0, .receive("12345678"), .input), Step(1, .receive("9"), .lastWords("is longer than 8 bytes")),
        Step(2, .receive("\na\n"), .lastWords("is longer than 8 bytes")), Step(2, .wroteAll, .nothing),
      ]
    ),
    (
      "a longer line after a good one",
      [
        Step(0, .receive("a\n123456789"), .request("a")), Step(1, .answer("A\n"), .output("A\n")),
        Step(2, .wroteAll, .lastWords("is longer than 8 bytes")),
      ]
    ),
    (
      "half closed, with a request",
      [
        Step(0, .receive("a\n"), .request("a")), Step(1, .answer("A\n"), .output("A\n")),
        Step(1, .wroteAll, .input),
        Step(2, .end, .nothing),
      ]
    ),
    (
      "half closed after its requests",
      [
        Step(0, .receive("a\nb\n"), .request("a")), Step(0, .answer("A\n"), .output("A\n")),
        Step(0, .wroteAll, .request("b")), Step(1, .end, .answer), Step(2, .answer("B\n"), .output("B\n")),
        Step(3, .wroteAll, .nothing),
      ]
    ),
    (
      "half closed in the middle of a line",
      [
        Step(0, .receive("a"), .input), Step(1, .end, .lastWords("ends without the end of its line")),
        Step(2, .wroteAll, .nothing),
      ]
    ),
    ("closed at once", [Step(0, .end, .nothing)]),
    (
      "the answer is not read",
      [
        Step(0, .receive("a\n"), .request("a")), Step(5, .answer("yes\n"), .output("yes\n")),
        Step(14.9, .wrote(3), .output("\n")), Step(15, .tick, .nothing), Step(16, .wroteAll, .nothing),
      ]
    ),
    (
      "the handler takes too long",
      [
        Step(5, .receive("a\n"), .request("a")), Step(64.9, .tick, .answer),
        Step(65, .tick, .lastWords("is not answered within 60.0 seconds")),
        Step(66, .answer("A\n"), .lastWords("is not answered within 60.0 seconds")),
        Step(67, .wroteAll, .nothing),
      ]
    ),
    (
      "gone while the handler is at work",
      [
        Step(0, .receive("a\n"), .request("a")), Step(1, .disconnect, .nothing),
        Step(2, .answer("A\n"), .nothing),
        Step(99, .tick, .nothing),
      ]
    ),
    ("gone while it sends", [Step(0, .receive("a"), .input), Step(1, .disconnect, .nothing)]),
  ])
  func `A connection goes as told`(name: String, steps: [Step]) {
    let start = ContinuousClock.now
    var connection = ClientConnection(Self.limits, at: start)
    for (index, step) in steps.enumerated() {
      let now = start + .seconds(step.second)
      apply(step.event, to: &connection, at: now)
      connection.elapse(to: now)
      let wanted = wanted(by: &connection, at: now)
      #expect(wanted == step.wanted, "\(name), step \(index)")
      #expect((connection.deadline == nil) == (step.wanted == .nothing), "\(name), step \(index)")
    }
  }

  private func apply(_ event: Event, to connection: inout ClientConnection, at now: ContinuousClock.Instant) {
    switch event {
    case .receive(let text): connection.receive(Array(text.utf8))
    case .end: connection.receiveEnd()
    case .answer(let text): connection.answer(Array(text.utf8), at: now)
    case .wrote(let count): connection.wrote(count, at: now)
    case .wroteAll: connection.wrote(connection.output.count, at: now)
    case .disconnect: connection.disconnect()
    case .tick: break
    }
  }

  private func wanted(by connection: inout ClientConnection, at now: ContinuousClock.Instant) -> Wanted {
    let request = connection.nextRequest(at: now)
    #expect(connection.nextRequest(at: now) == nil, "a request is handed out once")
    switch connection.state {
    case .listening:
      #expect(connection.wantsInput)
      return .input
    case .answering:
      #expect(!connection.wantsInput && connection.output.isEmpty)
      return request.map { .request(String(decoding: $0, as: UTF8.self)) } ?? .answer
    case .writing(_, _, .listens):
      #expect(!connection.wantsInput)
      return .output(String(decoding: connection.output, as: UTF8.self))
    case .writing(_, _, .closes):
      #expect(!connection.wantsInput)
      let text = String(decoding: connection.output, as: UTF8.self)
      // Cut at its start once something of it is written.
      return .lastWords(
        text.split(separator: "\"").first { $0.hasPrefix("is ") || $0.hasPrefix("ends ") }.map(String.init)
          ?? text)
    case .closed:
      #expect(!connection.wantsInput && connection.output.isEmpty)
      return .nothing
    }
  }

  @Test func `Lines are cut wherever the pieces end`() {
    let text = Array("a\n\nbcd\nrest".utf8)
    for size in 1...text.count {
      var buffer = LineBuffer()
      var lines: [String] = []
      for start in stride(from: 0, to: text.count, by: size) {
        buffer.append(Array(text[start..<min(start + size, text.count)]))
        while let line = buffer.takeLine() { lines.append(String(decoding: line, as: UTF8.self)) }
      }
      #expect(lines == ["a", "", "bcd"])
      #expect(buffer.count == 4)
    }
  }
}

@Suite struct ControlLimitsTests {
  private let limits = ControlLimits()

  @Test func `One user has 16 places, the daemon's all, and there are 64`() {
    func isRefused(_ user: UInt32, beside others: [UInt32]) -> Bool {
      limits.refusal(of: user, beside: others, daemon: 900)?.code == .temporary
    }
    func places(_ counts: (user: UInt32, count: Int)...) -> [UInt32] {
      counts.flatMap { Array(repeating: $0.user, count: $0.count) }
    }
    #expect(!isRefused(1000, beside: places((1000, 15), (1001, 16))))
    #expect(isRefused(1000, beside: places((1000, 16))))
    #expect(isRefused(0, beside: places((0, 16))))
    #expect(!isRefused(1001, beside: places((1000, 16))))
    #expect(!isRefused(900, beside: places((900, 63))))
    #expect(isRefused(900, beside: places((900, 64))))
    #expect(isRefused(1004, beside: places((1000, 16), (1001, 16), (1002, 16), (1003, 16))))
  }

  private static let longest = ControlResponse.longestLine
  private static let full: [(user: UInt32, bytes: Int)] = [1000, 1001, 1002, 1003].map { ($0, longest) }

  @Test(
    arguments: [
      (longest, 1000, [], false), (longest - 5, 1000, [(1000, 5), (1001, longest)], false),
      (longest, 1000, [(1000, 1)], true), (longest, 900, [(900, longest), (900, 2 * longest)], false),
      (longest, 900, [(900, 3 * longest), (1000, 1)], true), (1, 1004, full, true),
    ] as [(bytes: Int, user: UInt32, unread: [(user: UInt32, bytes: Int)], isRefused: Bool)])
  func `One user holds one longest answer, and all hold four`(
    bytes: Int, user: UInt32, unread: [(user: UInt32, bytes: Int)], isRefused: Bool
  ) {
    let refusal = limits.refusal(ofAnswer: bytes, for: user, beside: unread, daemon: 900)
    #expect(refusal?.code == (isRefused ? .temporary : nil))
  }
}

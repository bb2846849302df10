import FoundationEssentials
import Glibc
import TestSupport
import Testing
import Vocabulary

@testable import Control

@Suite struct ControlServerTests {
  @Test func `A request is answered`() async throws {
    try await withServer { path in
      let client = ControlClient(path: path)
      #expect(try await client.ask(.why(directory: "/data/é"), timeout: .day) == Array("[\"/data/é\"]".utf8))
      let raw = try TestClient(path)
      for _ in 0..<3 {
        await raw.send(statusRequest)
        #expect(try await raw.response() == statusAnswer)
      }
    }
  }

  @Test func `The handler is told who asks`() async throws {
    let handler: ControlServer.Handler = { _, peer in
      .success(Array("[\(peer.uid), \(peer.gid), \(peer.pid), \(peer.groups)]".utf8))
    }
    var groups = [gid_t](repeating: 0, count: 65_536)
    groups = Array(groups.prefix(Int(getgroups(Int32(groups.count), &groups))))
    try await withServer(handler: handler) { path in
      let answer = try await ControlClient(path: path).ask(.status, timeout: .day)
      #expect(
        String(decoding: answer, as: UTF8.self)
          == "[\(geteuid()), \(getegid()), \(getpid()), \(groups)]")
    }
  }

  @Test func `A failure of the handler reaches the client as it is`() async throws {
    let failure = Failure(.noInput, "/data/a\nb", "is no session", remedy: "look elsewhere")
    try await withServer(handler: { _, _ in .failure(failure) }) { path in
      await #expect(throws: failure) { try await ControlClient(path: path).ask(.status, timeout: .day) }
    }
  }

  @Test func `Many clients at once are all answered`() async throws {
    let gate = Gate()
    let handler: ControlServer.Handler = { request, peer in
      await gate.pass()
      return await answerWithRequest(request, peer)
    }
    try await withServer(handler: handler) { path in
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for index in 0..<64 {
          group.addTask {
            try await ControlClient(path: path).ask(.why(directory: "\(index)"), timeout: .day)
              == Array("[\"\(index)\"]".utf8)
          }
        }
        // All of them are in at once.
        await gate.untilArrival(64)
        await gate.open()
        for try await isRight in group { #expect(isRight) }
      }
    }
  }

  @Test func `A request that comes byte by byte is answered, and others meanwhile`() async throws {
    try await withServer { path in
      let (slow, other) = (try TestClient(path), try TestClient(path))
      for character in statusRequest {
        await slow.send(String(character))
        await other.send(statusRequest)
        #expect(try await other.response() == statusAnswer)
      }
      #expect(try await slow.response() == statusAnswer)
    }
  }

  @Test func `Requests that come together are handled one after another`() async throws {
    let gate = Gate()
    let handler: ControlServer.Handler = { request, peer in
      await gate.pass()
      return await answerWithRequest(request, peer)
    }
    try await withServer(handler: handler) { path in
      let client = try TestClient(path)
      await client.send(whyRequest("1") + whyRequest("2") + whyRequest("3"))
      await gate.untilArrival(1)
      // Another client's request, which comes later, is handled all the same.
      let other = try TestClient(path)
      await other.send(statusRequest)
      await gate.untilArrival(2)
      #expect(await gate.arrivals == 2)
      await gate.open()
      for number in 1...3 {
        #expect(try await client.response() == .answered(Array("[\"\(number)\"]".utf8)))
      }
    }
  }

  @Test func `A client that has ended its input still gets its answers`() async throws {
    try await withServer { path in
      let client = try TestClient(path)
      await client.send(statusRequest + whyRequest("a"))
      client.endInput()
      #expect(try await client.response() == statusAnswer)
      #expect(try await client.response() == .answered(Array(#"["a"]"#.utf8)))
      #expect(await client.line() == nil)
    }
  }

  @Test func `Garbage is answered with a failure, and the connection goes on`() async throws {
    try await withServer { path in
      let client = try TestClient(path)
      for garbage in ["", "GET / HTTP/1.1\r", "\u{0}\u{1}", #"{"version":1,"verb":{"dance":{}}}"#] {
        await client.send(garbage + "\n")
        guard case .failed(let failure) = try await client.response() else {
          Issue.record("no failure for \(garbage)")
          continue
        }
        #expect(failure.code == .usage)
      }
      await client.send(statusRequest)
      #expect(try await client.response() == statusAnswer)
    }
  }

  @Test func `A line that has no end is answered with a failure, and the connection ends`() async throws {
    try await withServer { path in
      let client = try TestClient(path)
      await client.send(String(repeating: "x", count: 4 << 20))
      guard case .failed(let failure) = try await client.response() else {
        Issue.record("no failure")
        return
      }
      #expect(failure.what == "is longer than 65536 bytes")
      #expect(await client.line() == nil)
      #expect(try await ControlClient(path: path).ask(.status, timeout: .day).count > 0)
    }
  }

  @Test func `The longest request is answered`() async throws {
    try await withServer { path in
      let directory = String(
        repeating: "x", count: ControlRequest.longestLine + 1 - whyRequest("").utf8.count)
      let client = try TestClient(path)
      await client.send(whyRequest(directory))
      #expect(try await client.response() == .answered(Array("[\"\(directory)\"]".utf8)))
    }
  }

  /// More than the sockets between server and client hold.
  private static let largeAnswer = 4 << 20

  private static let answerLargely: ControlServer.Handler = { request, peer in
    request.verb == .status
      ? .success([UInt8](repeating: UInt8(ascii: "7"), count: largeAnswer))
      : await answerWithRequest(request, peer)
  }

  @Test func `Who does not read a large answer delays nobody`() async throws {
    try await withServer(handler: Self.answerLargely) { path in
      let stalled = try TestClient(path)
      await stalled.send(statusRequest)
      #expect(await stalled.count(atMost: 1) > 0)
      for index in 0..<20 {
        let answer = try await ControlClient(path: path).ask(.why(directory: "\(index)"), timeout: .day)
        #expect(answer == Array("[\"\(index)\"]".utf8))
      }
      await stalled.send(whyRequest("z"))
      stalled.endInput()
      let rest = await stalled.count()
      #expect(rest > Self.largeAnswer / 2, "all of it is still there")
    }
  }

  @Test func `A large answer arrives whole`() async throws {
    try await withServer(handler: Self.answerLargely) { path in
      let client = try TestClient(path)
      await client.send(statusRequest)
      client.endInput()
      #expect(await client.count() == Self.largeAnswer + #"{"version":1,"answer":}"#.utf8.count + 1)
    }
  }

  @Test func `Who does not read for too long is left`() async throws {
    var limits = ControlLimits.patient
    limits.readingTime = .milliseconds(1)
    try await withServer(limits, handler: Self.answerLargely) { path in
      let stalled = try TestClient(path)
      await stalled.send(statusRequest)
      await stalled.untilClosed()
      #expect(await stalled.count() < Self.largeAnswer)
    }
  }

  @Test func `Who sends nothing for too long is left, and who sends too slowly is told`() async throws {
    var limits = ControlLimits.patient
    limits.requestTime = .milliseconds(1)
    try await withServer(limits) { path in
      let idle = try TestClient(path)
      #expect(await idle.line() == nil)
    }
    limits.requestTime = .seconds(1)
    try await withServer(limits) { path in
      let slow = try TestClient(path)
      await slow.send("{")
      let line = await slow.line()
      #expect(line?.contains("is not whole within 1.0 seconds") == true, "\(line ?? "")")
    }
  }

  @Test func `A handler that takes too long is cancelled, and the client told`() async throws {
    var limits = ControlLimits.patient
    limits.handlingTime = .milliseconds(1)
    let handler: ControlServer.Handler = { _, _ in
      try? await Task.sleep(for: .day)
      return .success([])
    }
    try await withServer(limits, handler: handler) { path in
      let failure = await #expect(throws: Failure.self) {
        try await ControlClient(path: path).ask(.status, timeout: .day)
      }
      #expect(failure?.code == .temporary)
    }
  }

  @Test func `An answer that is too long becomes a failure`() async throws {
    var limits = ControlLimits.patient
    limits.answerBytes = 4
    try await withServer(limits) { path in
      let failure = await #expect(throws: Failure.self) {
        try await ControlClient(path: path).ask(.status, timeout: .day)
      }
      #expect(failure?.code == .internalError)
    }
  }

  @Test func `Answers that nobody reads are not piled up`() async throws {
    var limits = ControlLimits.patient
    limits.unreadBytes = Self.largeAnswer + 1000
    try await withServer(limits, handler: Self.answerLargely) { path in
      let (stalled, other) = (try TestClient(path), try TestClient(path))
      await stalled.send(statusRequest)
      #expect(await stalled.count(atMost: 1) > 0)
      await other.send(statusRequest)
      guard case .failed(let failure) = try await other.response() else {
        Issue.record("no failure")
        return
      }
      #expect(failure.code == .temporary)
      _ = await stalled.count(atMost: Self.largeAnswer)
      await other.send(whyRequest("a"))
      #expect(try await other.response() == .answered(Array(#"["a"]"#.utf8)))
    }
  }

  @Test func `One client too many is told so, and let in when another has gone`() async throws {
    var limits = ControlLimits.patient
    limits.clients = 2
    try await withServer(limits) { path in
      let first = try TestClient(path)
      do {
        let second = try TestClient(path)
        for client in [first, second] {
          await client.send(statusRequest)
          #expect(try await client.response() == statusAnswer)
        }
        let third = try TestClient(path)
        guard case .failed(let failure) = try await third.response() else {
          Issue.record("no failure")
          return
        }
        #expect(failure.code == .temporary)
        #expect(await third.line() == nil)
      }
      #expect(try await answerOnceLetIn(path) == Array(#"{"state":"running"}"#.utf8))
    }
  }

  @Test func `A client that has gone keeps its place while its request is handled`() async throws {
    var limits = ControlLimits.patient
    limits.clients = 1
    let gate = Gate()
    let handler: ControlServer.Handler = { request, peer in
      await gate.pass()
      return await answerWithRequest(request, peer)
    }
    try await withServer(limits, handler: handler) { path in
      do {
        let client = try TestClient(path)
        await client.send(statusRequest)
        await gate.untilArrival(1)
      }
      for _ in 0..<3 {
        let failure = await #expect(throws: Failure.self) {
          try await ControlClient(path: path).ask(.status, timeout: .day)
        }
        #expect(failure?.code == .temporary)
      }
      await gate.open()
      #expect(try await answerOnceLetIn(path) == Array(#"{"state":"running"}"#.utf8))
    }
  }

  /// Asks until there is a place: the server learns of a client's going in its own time.
  private func answerOnceLetIn(_ path: String) async throws -> [UInt8] {
    while true {
      do { return try await ControlClient(path: path).ask(.status, timeout: .day) } catch {
        guard error.code == .temporary else { throw error }
      }
    }
  }

  @Test func `Stopping ends all connections, cancels handlers and removes the file`() async throws {
    let gate = Gate()
    await gate.open()
    let (cancelled, continuation) = AsyncStream.makeStream(of: Bool.self)
    let handler: ControlServer.Handler = { _, _ in
      await gate.pass()
      try? await Task.sleep(for: .day)
      continuation.yield(Task.isCancelled)
      return .success([])
    }
    try await withScratchAsync { scratch in
      let path = scratch.path("control.sock")
      let server = ControlServer(path: path, limits: .patient, handler: handler)
      await server.stop()
      var outcomes = cancelled.makeAsyncIterator()
      for round in 1...2 {
        try server.start()
        #expect(throws: Failure.self) { try server.start() }
        let (idle, slow, waiting) = (try TestClient(path), try TestClient(path), try TestClient(path))
        await slow.send("{")
        await waiting.send(statusRequest)
        await gate.untilArrival(round)
        async let first: Void = server.stop()
        async let second: Void = server.stop()
        _ = await (first, second)
        for client in [idle, slow, waiting] { #expect(await client.line() == nil) }
        #expect(try scratch.names == [])
        #expect(await outcomes.next() == true)
      }
    }
  }
}

import FoundationEssentials
import Glibc
import TestSupport
import Testing
import Vocabulary

@testable import Control

@Suite(.timeLimit(.minutes(10))) struct ControlServerTests {
  @Test func `A request is answered`() async throws {
    try await withServer { path in
      let client = ControlClient(path: path)
      #expect(
        try await client.ask(.why(directory: "/data/é"), timeout: .patience) == Array("[\"/data/é\"]".utf8))
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
      let answer = try await ControlClient(path: path).ask(.status, timeout: .patience)
      #expect(
        String(decoding: answer, as: UTF8.self)
          == "[\(geteuid()), \(getegid()), \(getpid()), \(groups)]")
    }
  }

  @Test(.enabled(if: geteuid() == 0, "only root chooses its groups"), arguments: [3, 1000])
  func `All groups of who asks are told, however many`(count: UInt32) async {
    await #expect(processExitsWith: .success) { [count] in
      let groups = (0..<count).map { 5000 + $0 }
      #expect(setgroups(groups.count, groups) == 0)
      let handler: ControlServer.Handler = { _, peer in .success(Array("\(peer.groups)".utf8)) }
      try await withServer(handler: handler) { path in
        let answer = try await ControlClient(path: path).ask(.status, timeout: .patience)
        #expect(String(decoding: answer, as: UTF8.self) == "\(groups)")
      }
    }
  }

  @Test func `A failure of the handler reaches the client as it is`() async throws {
    let failure = Failure(.noInput, "/data/a\nb", "is no session", remedy: "look elsewhere")
    let handler: ControlServer.Handler = { _, _ in .failure(failure) }
    try await withServer(handler: handler) { path in
      await #expect(throws: failure) { try await ControlClient(path: path).ask(.status, timeout: .patience) }
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
            try await ControlClient(path: path).ask(.why(directory: "\(index)"), timeout: .patience)
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
      #expect(try await ControlClient(path: path).ask(.status, timeout: .patience).count > 0)
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

  @Test func `Who does not read a large answer delays nobody`() async throws {
    try await withServer(handler: answerLargely) { path in
      let stalled = try TestClient(path)
      await stalled.send(statusRequest)
      let first = await stalled.count(atMost: 1)
      for index in 0..<20 {
        let answer = try await ControlClient(path: path).ask(.why(directory: "\(index)"), timeout: .patience)
        #expect(answer == Array("[\"\(index)\"]".utf8))
      }
      await stalled.send(whyRequest("z"))
      stalled.endInput()
      let rest = await stalled.count()
      #expect(first + rest == largeLine + #"{"version":1,"answer":["z"]}"#.utf8.count + 1)
    }
  }

  @Test func `A large answer arrives whole`() async throws {
    try await withServer(handler: answerLargely) { path in
      let client = try TestClient(path)
      await client.send(statusRequest)
      client.endInput()
      #expect(await client.count() == largeLine)
    }
  }

  @Test func `Stopping ends all connections, cancels handlers and removes the file`() async throws {
    let gate = Gate()
    await gate.open()
    let (cancelled, continuation) = AsyncStream.makeStream(of: Bool.self)
    let handler: ControlServer.Handler = { _, _ in
      await gate.pass()
      try? await Task.sleep(for: .patience)
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

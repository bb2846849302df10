import FoundationEssentials
import Glibc
import TestSupport
import Testing
import Threads
import Vocabulary

@testable import Control

@Suite struct ControlClientTests {
  private func failure(
    at path: String, timeout: Duration = .patience, longestLine: Int = ControlResponse.longestLine
  ) async -> Failure? {
    do throws(Failure) {
      _ = try await ControlClient(path: path, longestLine: longestLine).ask(.status, timeout: timeout)
      return nil
    } catch {
      return error
    }
  }

  /// Listens, and does nothing more.
  private func listener(at path: String, backlog: Int32 = 8) throws -> Socket {
    let socket = try Socket()
    #expect(try UnixAddress(path: path).withPointer { bind(socket.descriptor, $0, $1) } == 0)
    #expect(listen(socket.descriptor, backlog) == 0)
    return socket
  }

  @Test func `Without a daemon the remedy says how to start it`() async throws {
    try await withScratchAsync { scratch in
      _ = try listener(at: scratch.path("stale"))
      try scratch.write("file", "")
      for path in ["none", "no/socket", "stale", "file", "file/socket"] {
        let failure = await failure(at: scratch.path(path))
        #expect(failure?.code == .unavailable, "\(path)")
        #expect(failure?.remedy.contains("start it: blechd --config FILE") == true, "\(path)")
      }
      #expect(await failure(at: String(repeating: "a", count: 108))?.code == .usage)
    }
  }

  @Test func `Who may not connect is told so`() async {
    await #expect(processExitsWith: .success) {
      try await withServer { path in
        chmod(path, 0o600)
        chmod(String(path.dropLast("/control.sock".count)), 0o755)
        // Root may, whatever the mode; and the mode of others is none.
        if geteuid() == 0 { seteuid(65534) } else { chmod(path, 0) }
        let failure = await #expect(throws: Failure.self) {
          try await ControlClient(path: path).ask(.status, timeout: .patience)
        }
        if geteuid() == 65534 { seteuid(0) }
        #expect(failure?.code == .notPermitted)
      }
    }
  }

  @Test func `A daemon that does not answer is told from one that does not run`() async throws {
    try await withScratchAsync { scratch in
      let hung = try listener(at: scratch.path("a"))
      let failure = await failure(at: scratch.path("a"), timeout: .milliseconds(1))
      #expect(failure?.code == .unavailable)
      #expect(failure?.what == "the daemon does not answer within 0.001 seconds")
      #expect(failure?.remedy.contains("restart") == true)
      _ = hung
    }
  }

  @Test func `A daemon that lets nobody in is told too`() async throws {
    try await withScratchAsync { scratch in
      let hung = try listener(at: scratch.path("a"), backlog: 0)
      let whoWaits = try TestClient(scratch.path("a"))
      let failure = await failure(at: scratch.path("a"), timeout: .milliseconds(50))
      #expect(failure?.code == .unavailable)
      #expect(failure?.what == "the daemon lets nobody in within 0.05 seconds")
      _ = (hung, whoWaits)
    }
  }

  @Test func `Who waits for a place is let in when there is one`() async throws {
    try await withScratchAsync { scratch in
      let path = scratch.path("a")
      let listener = try listener(at: path, backlog: 0)
      let whoWaits = try TestClient(path)
      async let answer = ControlClient(path: path).ask(.status, timeout: .patience)
      for client in 0..<2 {
        await say(client == 0 ? "" : #"{"version":1,"answer":[1]}"# + "\n", to: listener)
      }
      #expect(try await answer == Array("[1]".utf8))
      _ = whoWaits
    }
  }

  @Test(
    arguments: [
      "HTTP/1.1 400 Bad Request\r\n", "\n", "{}\n", #"{"version":1,"answer":{]}"# + "\n",
      #"{"version":2,"answer":{}}"# + "\n", #"{"version":1,"answer":{}}"#, "x",
      String(repeating: "x", count: 2000),
    ])
  func `Nonsense from the other side is called so`(text: String) async throws {
    try await withScratchAsync { scratch in
      let listener = try listener(at: scratch.path("a"))
      async let failure = failure(at: scratch.path("a"), longestLine: 1000)
      await say(text, to: listener)
      #expect(await failure?.code == .internalError)
    }
  }

  @Test func `A connection that ends without an answer is worth another try`() async throws {
    try await withScratchAsync { scratch in
      let listener = try listener(at: scratch.path("a"))
      async let failure = failure(at: scratch.path("a"))
      await say("", to: listener)
      #expect(await failure?.code == .unavailable)
    }
  }

  @Test func `Cancelling ends the wait`() async throws {
    try await withScratchAsync { scratch in
      let path = scratch.path("a")
      let hung = try listener(at: path, backlog: 0)
      // The first waits for its answer, the second to be let in.
      let tasks = (0..<2).map { _ in Task { await failure(at: path) } }
      await blocking { _ = usleep(1000) }
      for task in tasks { task.cancel() }
      for task in tasks { #expect(await task.value?.code == .interrupted) }
      _ = hung
    }
  }

  /// Lets one client in, reads its request, says `text` and closes.
  private func say(_ text: String, to listener: Socket) async {
    await blocking {
      var descriptors = [pollfd(listener.descriptor, POLLIN)]
      poll(&descriptors, until: nil)
      let client = accept(listener.descriptor, nil, nil)
      var request = [UInt8](repeating: 0, count: 1000)
      if !text.isEmpty { _ = recv(client, &request, request.count, 0) }
      _ = Array(text.utf8).withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      close(client)
    }
  }
}

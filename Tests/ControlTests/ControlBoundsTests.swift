import FoundationEssentials
import Glibc
import TestSupport
import Testing
import Threads
import Vocabulary

@testable import Control

/// What the server bears, and from when on no more.
@Suite(.timeLimit(.minutes(10))) struct ControlBoundsTests {
  @Test func `Who does not read for too long is left`() async throws {
    var limits = ControlLimits.patient
    limits.readingTime = .milliseconds(1)
    try await withServer(limits, handler: answerLargely) { path in
      let stalled = try TestClient(path)
      await stalled.send(statusRequest)
      await stalled.untilClosed()
      #expect(await stalled.count() < largeAnswer)
    }
  }

  @Test func `Who sends nothing for too long is left, and who sends too slowly is told`() async throws {
    var limits = ControlLimits.patient
    limits.requestTime = .milliseconds(1)
    try await withServer(limits) { path in
      let idle = try TestClient(path)
      #expect(await idle.line() == nil)
    }
    limits.requestTime = .milliseconds(20)
    try await withServer(limits) { path in
      var words: String?
      // On a busy machine the time may be over before anything was sent.
      for _ in 0..<100 where words == nil {
        let slow = try TestClient(path)
        await slow.send("{")
        words = await slow.line()
      }
      #expect(words?.contains("is not whole within 0.02 seconds") == true, "\(words ?? "")")
    }
  }

  @Test func `A handler that takes too long is cancelled, and the client told`() async throws {
    var limits = ControlLimits.patient
    limits.handlingTime = .milliseconds(1)
    let (cancelled, continuation) = AsyncStream.makeStream(of: Bool.self)
    let handler: ControlServer.Handler = { _, _ in
      try? await Task.sleep(for: .patience)
      continuation.yield(Task.isCancelled)
      return .success([])
    }
    try await withServer(limits, handler: handler) { path in
      let failure = await #expect(throws: Failure.self) {
        try await ControlClient(path: path).ask(.status, timeout: .patience)
      }
      #expect(failure?.code == .temporary)
      var outcomes = cancelled.makeAsyncIterator()
      #expect(await outcomes.next() == true)
    }
  }

  @Test func `What was woken once is not woken again`() throws {
    let wakeUp = try WakeUp()
    func isAwake() -> Bool {
      var descriptors = [pollfd(wakeUp.descriptor, POLLIN)]
      poll(&descriptors, until: .now)
      return descriptors[0].revents != 0
    }
    #expect(!isAwake())
    for _ in 0..<2 { wakeUp.signal() }
    #expect(isAwake())
    wakeUp.reset()
    #expect(!isAwake())
  }

  @Test func `An answer that is too long becomes a failure`() async throws {
    var limits = ControlLimits.patient
    limits.answerBytes = 4
    try await withServer(limits) { path in
      let failure = await #expect(throws: Failure.self) {
        try await ControlClient(path: path).ask(.status, timeout: .patience)
      }
      #expect(failure?.code == .internalError)
    }
  }

  @Test func `Answers that nobody reads are not piled up`() async throws {
    var limits = ControlLimits.patient
    limits.unreadBytes = largeAnswer + 1000
    try await withServer(limits, handler: answerLargely) { path in
      let (stalled, other) = (try TestClient(path), try TestClient(path))
      await stalled.send(statusRequest)
      let first = await stalled.count(atMost: 1)
      await other.send(statusRequest)
      guard case .failed(let failure) = try await other.response() else {
        Issue.record("no failure")
        return
      }
      #expect(failure.code == .temporary)
      _ = await stalled.count(atMost: largeLine - first)
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
          try await ControlClient(path: path).ask(.status, timeout: .patience)
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
      do { return try await ControlClient(path: path).ask(.status, timeout: .patience) } catch {
        guard error.code == .temporary else { throw error }
      }
    }
  }

  @Test func `Without a free descriptor the server waits, and then goes on`() async {
    await #expect(processExitsWith: .success) {
      try await withServer { path in
        let whoWaits = try Socket()
        // A descriptor's number is bounded, not how many there are.
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let before = limit.rlim_cur
        let lowestFree = dup(whoWaits.descriptor)
        close(lowestFree)
        limit.rlim_cur = rlim_t(lowestFree)
        #expect(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
        // Now there is none.
        #expect(dup(whoWaits.descriptor) == -1)
        let started = processorTime()
        try whoWaits.connect(to: UnixAddress(path: path))
        await blocking { _ = usleep(500_000) }
        // Waiting takes less than 1 ms of the processor; asking on and on takes whatever the machine gives,
        // which was 120 ms where others kept it busy.
        #expect(processorTime() - started < .milliseconds(50))
        limit.rlim_cur = before
        #expect(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
        let client = TestClient(taking: whoWaits)
        await client.send(statusRequest)
        #expect(try await client.response() == statusAnswer)
      }
    }
  }

  @Test(.enabled(if: geteuid() == 0, "only root can be another user"))
  func `Another user has 16 places, and leaves the others theirs`() async {
    await #expect(processExitsWith: .success) {
      try await withServer { path in
        chmod(String(path.dropLast("/control.sock".count)), 0o755)
        // The server is there, as root.
        #expect(try await ControlClient(path: path).ask(.status, timeout: .patience).count > 0)
        seteuid(65534)
        var clients = try (0..<16).map { _ in try TestClient(path) }
        for client in clients {
          await client.send(statusRequest)
          #expect(try await client.response() == statusAnswer)
        }
        let failure = await #expect(throws: Failure.self) {
          try await ControlClient(path: path).ask(.status, timeout: .patience)
        }
        #expect(failure?.what.contains("16 clients of this user") == true)
        seteuid(0)
        #expect(try await ControlClient(path: path).ask(.status, timeout: .patience).count > 0)
        clients = []
      }
    }
  }
}

private func processorTime() -> Duration {
  var usage = rusage()
  getrusage(RUSAGE_SELF.rawValue, &usage)
  func duration(_ time: timeval) -> Duration { .seconds(time.tv_sec) + .microseconds(time.tv_usec) }
  return duration(usage.ru_utime) + duration(usage.ru_stime)
}

import FoundationEssentials
import Glibc
import TestSupport
import Testing
import Vocabulary
import WorkerProtocol

@testable import Jobs

/// The whole story of one run: why it ended, what it took, and what it left on stderr. The workers are scripts.
@Suite(.timeLimit(.minutes(20))) struct ExecutionTests {
  private static let (inspect, commit) = (ScriptedWorkers.inspect, ScriptedWorkers.commit)
  private static let answer = ScriptedWorkers.answer
  private static let hasPython = access("/usr/bin/python3", X_OK) == 0

  private static func bounds(
    wallTime: Duration = .seconds(1_000_000), memory: Int = 1 << 40, silence: Duration? = nil
  ) -> WorkerBounds { WorkerBounds(wallTime: wallTime, memory: memory, silence: silence) }

  private func execute(
    _ script: String, _ task: WorkerRequest.Task = inspect, _ bounds: WorkerBounds? = bounds()
  ) async throws -> ExecutionEnd {
    try await withScratchAsync { scratch in
      await WorkerProcess(WorkerExecutable(path: try scratch.script(script))).execute(task, bounds: bounds)
    }
  }

  private func failure(_ end: ExecutionEnd) -> Failure? {
    #expect(throws: Failure.self) { try end.result.get() }
  }

  // MARK: Reasons

  @Test func `A worker that answers has finished`() async throws {
    let end = try await execute(Self.answer)
    #expect(end.reason == .finished)
    #expect(try end.result.get() == .demonstrated)
  }

  @Test func `A worker that says what is wrong has failed`() async throws {
    let end = try await execute(
      "echo '{\"version\":1,\"content\":{\"error\":{\"_0\":"
        + "{\"code\":66,\"place\":\"a\",\"what\":\"b\",\"remedy\":\"c\"}}}}'; exit 66")
    #expect(end.reason == .failed)
    #expect(failure(end) == Failure(.noInput, "a", "b", remedy: "c"))
  }

  @Test(arguments: [
    (SIGKILL, ExitReason.killed), (SIGTERM, .killed), (SIGINT, .killed), (SIGHUP, .killed),
    (SIGSEGV, .crashed),
    (SIGILL, .crashed), (SIGABRT, .crashed), (SIGTRAP, .crashed), (SIGBUS, .crashed), (SIGFPE, .crashed),
  ])
  func `Somebody else's signal is told from one that a defect raises`(
    signal: Int32, reason: ExitReason
  ) async throws {
    for bounds in [nil, Self.bounds()] {
      let end = try await execute("kill -\(signal) $$; sleep 1000", Self.inspect, bounds)
      #expect(end.reason == reason)
    }
  }

  @Test func `A worker that is killed in the middle of a line was killed`() async throws {
    let end = try await execute("printf '{\"version\":1,'; kill -KILL $$")
    #expect(end.reason == .killed)
    #expect(failure(end)?.what.contains("signal 9") == true)
  }

  @Test(arguments: [
    "exec sleep 1000000", "trap '' TERM; while :; do :; done", "exec >&- 2>&-; exec sleep 1000000",
  ])
  func `A worker that takes too long is told as such`(script: String) async throws {
    let end = try await execute(script, Self.inspect, Self.bounds(wallTime: .seconds(1)))
    #expect(end.reason == .wallTime)
    #expect(failure(end)?.code == .temporary)
  }

  @Test func `A worker that says nothing for too long is hung`() async throws {
    let end = try await execute(
      "exec sleep 1000000", Self.inspect, Self.bounds(silence: .milliseconds(500)))
    #expect(end.reason == .silent)
    #expect(failure(end)?.what == "its inspection had not said anything for 0.5 s, and was ended")
  }

  @Test func `While somebody ponders what a worker said, it is not hung`() async throws {
    let watch = BoundsWatch(Self.bounds(silence: .milliseconds(300)))
    await watch.heard {
      let watching = Task { await watch.waitForBreach(by: getpid()) }
      try? await Task.sleep(for: .seconds(1.5))
      watching.cancel()
      #expect(await watching.value == false)
    }
    let isHung = await watch.waitForBreach(by: getpid())
    #expect(isHung && watch.breach == .silence(.milliseconds(300)))
  }

  private static let notify = WorkerRequest.Task.notify(NotifyTask(arguments: ["/bin/true"], input: ""))
  private static let taking300MB =
    #"/usr/bin/python3 -c 'import time; block = b"x" * 300_000_000; time.sleep(1000000)'; sleep 1000000"#

  @Test(.enabled("needs python3") { hasPython }, arguments: [("exec ", inspect), ("true; ", notify)])
  func `A worker that takes too much memory is out of it, be it itself or the command that it runs`(
    beginning: String, task: WorkerRequest.Task
  ) async throws {
    let end = try await execute(beginning + Self.taking300MB, task, Self.bounds(memory: 100_000_000))
    #expect(end.reason == .outOfMemory)
    #expect((end.use.peakMemoryBytes ?? 0) > 100_000_000)
  }

  @Test func `A worker that the system gives no memory is out of it`() async throws {
    let end = try await execute("echo 'Fatal error: failed to allocate 5 bytes' >&2; kill -ABRT $$")
    #expect(end.reason == .outOfMemory)
  }

  @Test(arguments: [0, 3]) func `A worker that ends without a word has a defect`(status: Int) async throws {
    let end = try await execute("echo oh dear >&2; exit \(status)")
    #expect(end.reason == .crashed)
    #expect(end.log == "oh dear\n")
  }

  @Test(arguments: ["/no/such/worker", "/etc/passwd"])
  func `A worker that cannot be started is told from one that failed`(path: String) async {
    let end = await WorkerProcess(WorkerExecutable(path: path)).execute(Self.inspect, bounds: Self.bounds())
    #expect(end.reason == .notStarted)
    #expect(failure(end)?.place == path)
  }

  @Test func `What writes to a session is not held to bounds`() async throws {
    let narrow = WorkerBounds(wallTime: .zero, memory: 1, silence: .zero)
    for task in [Self.commit, .recover(RecoverTask(path: "/data", searchesBelow: true))] {
      let end = try await execute("sleep 1; \(Self.answer)", task, narrow)
      #expect(end.reason == .finished)
    }
  }

  // MARK: What is told with it

  @Test func `What a worker says that it took counts, and the most of all that was seen`() async throws {
    let use =
      "echo '{\"version\":1,\"content\":{\"use\":{\"_0\":{\"cpuSeconds\":1234.5,\"peakMemoryBytes\":1}}}}'"
    try await withScratchAsync { scratch in
      let script = try scratch.script(
        "\(use); while [ ! -e '\(scratch.path("seen"))' ]; do sleep 0.1; done; \(Self.answer)")
      let end = await WorkerProcess(WorkerExecutable(path: script)).execute(
        Self.inspect, bounds: Self.bounds(), onUse: { _, _ in _ = try? scratch.write("seen", "") })
      #expect(end.reason == .finished)
      #expect(end.use.cpuSeconds == 1234.5)
      #expect((end.use.peakMemoryBytes ?? 0) > 100_000)
    }
  }

  @Test func `The time of a worker that never says anything is known to the end`() async throws {
    let end = try await execute(
      "while :; do :; done", Self.inspect, Self.bounds(wallTime: .seconds(1)))
    #expect((end.use.cpuSeconds ?? 0) > 0)
  }

  @Test func `Of what a worker wrote on stderr the end is kept`() async throws {
    let end = try await execute("head -c 10000000 /dev/zero | tr '\\0' x >&2; echo END >&2; \(Self.answer)")
    #expect(end.reason == .finished)
    #expect(end.log.utf8.count == 64 << 10 && end.log.hasSuffix("xEND\n"))
  }

  @Test func `A worker that is cancelled is told as such, with its log`() async throws {
    try await withScratchAsync { scratch in
      let script = try scratch.script("echo careful >&2; : > '\(scratch.path("ready"))'; exec sleep 1000000")
      let task = Task {
        await WorkerProcess(WorkerExecutable(path: script)).execute(Self.inspect, bounds: Self.bounds())
      }
      while try !scratch.names.contains("ready") { try await Task.sleep(for: .milliseconds(10)) }
      task.cancel()
      let end = await task.value
      #expect(end.reason == .cancelled)
      #expect(failure(end)?.code == .interrupted)
      #expect(end.log == "careful\n")
    }
  }

  @Test func `What leaves the worker's group and writes for ever holds nobody up`() async throws {
    // It ends with the pipe that it writes to.
    let end = try await execute(
      "setsid sh -c 'while echo on and on; do :; done' >&2 < /dev/null & sleep 1; \(Self.answer); exec >&-")
    #expect(end.reason == .finished)
    #expect(end.log.hasPrefix("on and on") || end.log.contains("\non and on\n"))
  }
}

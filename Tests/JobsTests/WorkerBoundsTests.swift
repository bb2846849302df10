import FoundationEssentials
import Glibc
import TestSupport
import Testing
import Vocabulary
import WorkerProtocol

@testable import Jobs

/// Workers that take more time or memory than they may: scripts, and one that Python fills with memory.
@Suite(.timeLimit(.minutes(20))) struct WorkerBoundsTests {
  private static let source = SessionSource(directory: "/data/session")
  private static let inspect = WorkerRequest.Task.inspect(InspectTask(source: source))
  private static let answer = "echo '{\"version\":1,\"content\":{\"result\":{\"_0\":{\"demonstrated\":{}}}}}'"
  /// More than any script here takes.
  private static let wide = WorkerBounds(wallTime: .seconds(1_000_000), memory: 1 << 40)

  private func run(
    _ script: String, _ bounds: WorkerBounds, _ task: WorkerRequest.Task = inspect
  ) async throws -> WorkerMessage.Outcome {
    try await withScratchAsync { scratch in
      try await WorkerProcess(WorkerExecutable(path: try scratch.script(script))).run(task, bounds: bounds)
    }
  }

  private func failure(
    _ script: String, _ bounds: WorkerBounds, _ task: WorkerRequest.Task = inspect
  ) async -> Failure? {
    await #expect(throws: Failure.self) { try await run(script, bounds, task) }
  }

  private static func within(seconds: Double) -> WorkerBounds {
    WorkerBounds(wallTime: .seconds(seconds), memory: 1 << 40)
  }

  /// A number of seconds to sleep for that tells one test's processes from all others.
  private static func uniqueSleep() -> String { "\(Int.random(in: 1_000_000..<1_000_000_000))" }

  private static func isRunning(_ argument: String) throws -> Bool {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").contains { process in
      let commandLine = try? Data(contentsOf: URL(filePath: "/proc/\(process)/cmdline"))
      return commandLine.map { $0.split(separator: 0).contains(Data(argument.utf8)) } ?? false
    }
  }

  // MARK: Time

  @Test(arguments: ["", "trap '' TERM;"])
  func `A worker that never ends is ended at its wall time, even if it does not want to go`(
    preparation: String
  ) async throws {
    let time = Self.uniqueSleep()
    let failure = await failure("\(preparation) exec sleep \(time)", Self.within(seconds: 0.5))
    #expect(failure?.code == .temporary)
    #expect(failure?.place == "/data/session")
    #expect(failure?.what == "its inspection took longer than the 0.5 s allowed, and was ended")
    #expect(failure?.remedy.contains("allow more time") == true)
    #expect(try !Self.isRunning(time))
  }

  @Test func `What takes too long but is no inspection is worth another try`() async {
    let inspection = Inspection(
      name: "", h5: "", stamps: [:], parameters: .default, stimulus: 0, jobs: [], notices: [])
    let job = JobIdentity(region: "gc", taste: .index(2))
    let task = InferTask(source: Self.source, inspection: inspection, job: job, spool: "", retrains: false)
    let failure = await failure("exec sleep 1000000", Self.within(seconds: 1), .infer(task))
    #expect(failure?.code == .temporary)
    #expect(
      failure?.what
        == "the inference of region gc, taste 2 took longer than the 1 s allowed, and was ended")
  }

  @Test(arguments: ["\(answer); exec >&- 2>&-;", "\(answer);", "printf '{\"version\":1,';", "exec 0<&-;"])
  func `A worker that lives on after its answer, or in the middle of one, is ended as well`(
    beginning: String
  ) async {
    let failure = await failure("\(beginning) exec sleep 1000000", Self.within(seconds: 1))
    #expect(failure?.code == .temporary)
    #expect(failure?.what.contains("longer than the 1 s allowed") == true)
  }

  // MARK: What a worker started

  @Test(arguments: ["trap '' TERM; wait", "wait", "trap 'exit 0' TERM; wait"])
  func `What a worker started ends with it`(ending: String) async throws {
    let time = Self.uniqueSleep()
    let script = "(trap '' TERM; exec sleep \(time)) & \(ending)"
    let failure = await failure(script, Self.within(seconds: 1))
    #expect(failure?.what.contains("longer than the 1 s allowed") == true)
    // Nothing waits for the end of what was killed.
    while try Self.isRunning(time) { try await Task.sleep(for: .milliseconds(20)) }
  }

  @Test func `What a worker leaves behind when it ends of its own is ended`() async throws {
    let time = Self.uniqueSleep()
    let outcome = try await run("sleep \(time) > /dev/null 2>&1 & \(Self.answer)", Self.wide)
    #expect(outcome == .demonstrated)
    // Nothing waits for the end of what was left behind.
    while try Self.isRunning(time) { try await Task.sleep(for: .milliseconds(20)) }
  }

  // MARK: Memory

  @Test(.enabled("needs python3") { access("/usr/bin/python3", X_OK) == 0 })
  func `A worker that takes more memory than it may is ended, and both numbers are told`() async throws {
    let bounds = WorkerBounds(wallTime: .seconds(1_000_000), memory: 100_000_000)
    let failure = await failure(
      #"exec /usr/bin/python3 -c 'import time; block = b"x" * 300_000_000; time.sleep(1000000)'"#, bounds)
    #expect(failure?.code == .badData)
    let seen = failure?.what.firstMatch(of: /took (\d+) MB of memory, more than the 100 MB allowed/)
    #expect((Int(seen?.1 ?? "") ?? 0) > 100, "\(failure?.what ?? "")")
    #expect(failure?.remedy.contains("allow more memory") == true)
  }

  @Test func `A worker is told to hold itself to twice its bound`() async throws {
    try await withScratchAsync { scratch in
      let script = try scratch.script(
        "read -r line; printf '%s' \"$line\" > '\(scratch.path("request"))'; \(Self.answer)")
      let worker = WorkerProcess(WorkerExecutable(path: script))
      for bounds in [nil, Self.wide] {
        _ = try await worker.run(Self.inspect, bounds: bounds)
        let request = try JSONDecoder().decode(WorkerRequest.self, from: Data(scratch.bytes("request")))
        #expect(request.limits == bounds.map { WorkerLimits(data: 2 * $0.memory) })
      }
    }
    #expect(WorkerBounds(wallTime: .zero, memory: .max).data == .max)
  }

  // MARK: Signals

  @Test(arguments: [(SIGSEGV, ExitCode.internalError), (SIGABRT, .internalError), (SIGKILL, .temporary)])
  func `A signal that ends a bounded worker is told with the bound`(signal: Int32, code: ExitCode) async {
    let bounds = WorkerBounds(wallTime: .seconds(1_000_000), memory: 512_000_000)
    let failure = await failure("echo 'oh dear' >&2; kill -\(signal) $$", bounds)
    #expect(failure?.code == code)
    #expect(failure?.place == "/data/session")
    #expect(
      failure?.what == "its inspection was ended by signal \(signal), its memory bounded to 512 MB: oh dear\n"
    )
  }

  @Test func `A worker that got no memory is told in one line`() async {
    let bounds = WorkerBounds(wallTime: .seconds(1_000_000), memory: 512_000_000)
    let failure = await failure(
      "printf 'Fatal error: failed to allocate 5 bytes\\n\\n*** Crash\\nrax 0\\n' >&2; kill -ABRT $$", bounds)
    #expect(failure?.code == .badData)
    #expect(failure?.what.hasSuffix("bounded to 512 MB: Fatal error: failed to allocate 5 bytes") == true)
  }

  @Test func `A worker within its bounds answers as any other`() async throws {
    #expect(try await run(Self.answer, Self.wide) == .demonstrated)
    let error =
      "echo '{\"version\":1,\"content\":{\"error\":{\"_0\":"
      + "{\"code\":66,\"place\":\"a\",\"what\":\"b\",\"remedy\":\"c\",\"unreadiness\":\"incomplete\"}}}}'; exit 66"
    #expect(
      await failure(error, Self.wide) == Failure(.noInput, "a", "b", remedy: "c", unreadiness: .incomplete))
  }
}

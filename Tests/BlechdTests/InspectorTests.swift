import Configuration
import FoundationEssentials
import Intake
import Jobs
import Logging
import Machine
import Parameters
import Synchronization
import TestSupport
import Testing
import Vocabulary
import Watching
import WorkerProtocol

@testable import blechd

/// The inspector with shell scripts in the place of workers.
@Suite(.timeLimit(.minutes(10))) struct InspectorTests {
  private static let source = SessionSource(directory: "/data/s1")
  private static let stamp = Stamp(device: 1, inode: 2, size: 3, modified: 4, changed: 5)
  private static let inspection = Inspection(
    name: "s", h5: "s.h5", stamps: ["s.h5": stamp], parameters: .default, stimulus: 2000, jobs: [],
    notices: [])

  private static func line(_ content: WorkerMessage.Content) throws -> String {
    String(decoding: try JSONEncoder().encode(WorkerMessage(content)), as: UTF8.self)
  }

  private static func executor(_ script: String, _ groups: ControlGroups? = nil) -> LocalExecutor {
    var limits = Configuration.Limits()
    limits.nice = 7
    return LocalExecutor(
      worker: WorkerExecutable(path: script), limits: limits,
      groups: groups.map { .success($0) } ?? .failure(.noHierarchy))
  }

  /// A session with a journal until it is recovered; `asked` lists what the worker was asked.
  private static func worker(
    _ scratch: Scratch, recovery: WorkerMessage.Content, undoes: Bool = true
  ) throws -> LocalExecutor {
    let asked = scratch.path("asked")
    let script = try scratch.script(
      """
      read -r request
      case $request in
      *'"recover"'*)
        echo recover >> '\(asked)'
        \(undoes ? "touch '\(scratch.path("whole"))'" : ":")
        echo '\(line(recovery))';;
      *)
        echo inspect >> '\(asked)'
        if test -e '\(scratch.path("whole"))'; then echo '\(line(.result(.inspected(inspection))))'
        else echo '\(line(.result(.needsRecovery(["/data/s1"]))))'; fi;;
      esac
      """)
    return executor(script)
  }

  /// What is asked of the worker, what comes of it, and what the log says.
  private func look(
    recovers: Bool = true, undoes: Bool = true, _ recovery: WorkerMessage.Content,
    by look: @Sendable (Inspector) async -> InspectionOutcome = {
      await $0.inspect(source, stamps: ["s.h5": stamp])
    }
  ) async throws -> (outcome: InspectionOutcome, asked: String, log: [String]) {
    try await withScratchAsync { scratch in
      let lines = Lines()
      let inspector = Inspector(
        executor: try Self.worker(scratch, recovery: recovery, undoes: undoes), memoryMB: 1024,
        recovers: recovers, log: Logger(label: "test") { _ in lines })
      let outcome = await look(inspector)
      return (outcome, try scratch.text("asked"), lines.all.withLock { $0 })
    }
  }

  @Test func `An interrupted commit is undone, the session read again, and the log says so`() async throws {
    let result = try await look(
      .result(.recovered([.init(path: "/data/s1/s.h5", outcome: .rolledBack(pages: 3, length: 4096))])))
    #expect(result.outcome == .inspected(Self.inspection))
    #expect(result.asked == "inspect\nrecover\ninspect\n")
    #expect(
      result.log == ["/data/s1/s.h5: an interrupted commit was undone: the file is what it was before"])
  }

  @Test func `A refusal says why`() async throws {
    let refusal = Failure(.temporary, "/data/s1/s.h5", "is locked", remedy: "close it")
    let result = try await look(
      undoes: false,
      .result(.recovered([.init(path: "/data/s1/s.h5", outcome: .refused(refusal, mayBeDiscarded: false))])))
    #expect(result.outcome == .failed(refusal))
    #expect(result.asked == "inspect\nrecover\n" && result.log.count == 1)
    let failure = Failure(.notPermitted, "/data/s1", "may not be written to", remedy: "")
    let failed = try await look(undoes: false, .error(failure))
    #expect(failed.outcome == .failed(failure) && failed.log.isEmpty)
  }

  @Test func `What comes back is told, and not undone without end`() async throws {
    let result = try await look(undoes: false, .result(.recovered([])))
    #expect(result.outcome == .needsRecovery(["/data/s1"]))
    #expect(result.asked == "inspect\nrecover\ninspect\n")
  }

  @Test func `Nothing is undone where nothing is to be changed`() async throws {
    let recovered = WorkerMessage.Content.result(.recovered([]))
    var result = try await look(recovers: false, recovered)
    #expect(result.outcome == .needsRecovery(["/data/s1"]) && result.asked == "inspect\n")
    // Whoever only asks why changes nothing either.
    result = try await look(recovered, by: { await $0.inspect(Self.source) })
    #expect(result.outcome == .needsRecovery(["/data/s1"]) && result.asked == "inspect\n")
  }

  @Test func `An undoing that has begun is not cancelled`() async throws {
    try await withScratchAsync { scratch in
      let inspector = Inspector(
        executor: try Self.slowRecovery(scratch), memoryMB: 1024, recovers: true,
        log: Logger(label: "test") { _ in Lines() })
      let task = Task { await inspector.inspect(Self.source, stamps: nil) }
      while (try? scratch.text("begun")) == nil { try await Task.sleep(for: .milliseconds(20)) }
      task.cancel()
      try scratch.write("go", "")
      _ = await task.value
      #expect((try? scratch.text("ended")) != nil)
    }
  }

  /// Begins to recover, and goes on when the test says so.
  private static func slowRecovery(_ scratch: Scratch) throws -> LocalExecutor {
    let script = try scratch.script(
      """
      cd '\(scratch.path)'
      read -r request
      case $request in
      *'"recover"'*)
        touch begun
        while ! test -e go; do sleep 0.02; done
        sleep 0.5
        touch ended
        echo '\(line(.result(.recovered([]))))';;
      *) echo '\(line(.result(.needsRecovery(["/data/s1"]))))';;
      esac
      """)
    return executor(script)
  }

  // MARK: Limits

  /// Keeps its request as `inspect` or `recover`, and asks for recovery once.
  private static func keepingRequests(_ scratch: Scratch) throws -> String {
    try scratch.script(
      """
      cd '\(scratch.path)'
      read -r request
      case $request in
      *'"recover"'*)
        printf '%s' "$request" > recover
        echo '\(line(.result(.recovered([]))))';;
      *)
        printf '%s' "$request" > inspect
        if test -e recover; then echo '\(line(.result(.inspected(inspection))))'
        else echo '\(line(.result(.needsRecovery(["/data/s1"]))))'; fi;;
      esac
      """)
  }

  private static func limits(_ scratch: Scratch, _ task: String) throws -> WorkerLimits? {
    try JSONDecoder().decode(WorkerRequest.self, from: Data(scratch.bytes(task))).limits
  }

  @Test func `What inspects and what recovers are held to the owner's limits, in a group each`() async throws
  {
    try await withScratchAsync { scratch in
      let groups = try await ControlGroups.take(try FakeGroups(in: scratch).calls())
      let inspector = Inspector(
        executor: Self.executor(try Self.keepingRequests(scratch), groups), memoryMB: 1024, recovers: true,
        log: Logger(label: "test") { _ in Lines() })
      let outcome = await inspector.inspect(Self.source, stamps: nil)
      #expect(outcome == .inspected(Self.inspection))
      let inspection = try Self.limits(scratch, "inspect")
      #expect(
        inspection
          == WorkerLimits(
            controlGroup: scratch.path("\(FakeGroups.service)/worker-3"), data: 2 << 30, openFiles: 1024,
            nice: 7, ioClass: .idle))
      let recovery = try Self.limits(scratch, "recover")
      #expect(
        recovery
          == WorkerLimits(
            controlGroup: scratch.path("\(FakeGroups.service)/worker-2"), openFiles: 1024,
            ioClass: .bestEffort))
    }
  }

  @Test func `An inspection that the kernel ended for its memory is bad data`() async throws {
    try await withScratchAsync { scratch in
      let groups = try await ControlGroups.take(try FakeGroups(in: scratch).calls())
      let events = scratch.path("\(FakeGroups.service)/worker-1/memory.events")
      let script = try scratch.script("printf 'oom 1\\noom_kill 1\\n' > '\(events)'; kill -KILL $$")
      let inspector = Inspector(
        executor: Self.executor(script, groups), memoryMB: 1024, recovers: true,
        log: Logger(label: "test") { _ in Lines() })
      guard case .failed(let failure) = await inspector.inspect(Self.source) else {
        Issue.record("it cannot have been inspected")
        return
      }
      #expect(failure.code == .badData && failure.what.contains("more memory than the 1074 MB allowed"))
    }
  }

  @Test func `What is remembered is not read, unless it is to be read anew`() async throws {
    try await withScratchAsync { scratch in
      try scratch.write("whole", "")
      let kept = Mutex<Inspection?>(nil)
      let inspector = Inspector(
        executor: try Self.worker(scratch, recovery: .result(.recovered([]))), memoryMB: 1024, recovers: true,
        log: Logger(label: "test") { _ in Lines() }
      ) { _, stamps in
        kept.withLock { $0 }.flatMap { $0.stamps == stamps ? $0 : nil }
      } remember: { _, inspection in
        kept.withLock { $0 = inspection }
      }
      for stamps in [["s.h5": Self.stamp], ["s.h5": Self.stamp], nil] as [[FileName: Stamp]?] {
        let outcome = await inspector.inspect(Self.source, stamps: stamps)
        #expect(outcome == .inspected(Self.inspection))
      }
      #expect(try scratch.text("asked") == "inspect\ninspect\n")
    }
  }
}

/// A log that is kept.
private final class Lines: LogHandler {
  let all = Mutex<[String]>([])

  var metadata: Logger.Metadata {
    get { [:] }
    set {}
  }
  var logLevel: Logger.Level {
    get { .trace }
    set {}
  }
  subscript(metadataKey _: String) -> Logger.Metadata.Value? {
    get { nil }
    set {}
  }

  func log(event: LogEvent) {
    all.withLock { $0.append("\(event.message)") }
  }
}

import Configuration
import Foundation
import Jobs
import Machine
import TestSupport
import Testing
import Vocabulary
import WorkerProtocol

/// The real worker under the local executor: what the kernel says that holds for it while it infers.
@Suite(.timeLimit(.minutes(20))) struct WorkerLimitsTests {
  private static let bounds = WorkerBounds(wallTime: .seconds(1_000_000), memory: 1 << 30)

  private static func executor(_ worker: String = Blechctl.worker) -> LocalExecutor {
    var limits = Configuration.Limits()
    limits.nice = 7
    return LocalExecutor(
      worker: WorkerExecutable(path: worker), limits: limits, groups: .failure(.noHierarchy))
  }

  /// Runs an inference that takes hours, does `body` with its process once it trains, and waits for its end.
  private func inferring(
    _ body: @escaping @Sendable (pid_t) async throws -> Void
  ) async throws -> ExecutionEnd {
    try await withSession { session in
      let worker = session.folder.appending(path: "blechd-worker").path
      try FileManager.default.createSymbolicLink(atPath: worker, withDestinationPath: Blechctl.worker)
      // Swift catches what a crash raises, reports it and goes on, expecting the same fault again: for a signal that
      // was sent, that is as if there had been none.
      let start = session.folder.appending(path: "start")
      try "#!/bin/sh\nSWIFT_BACKTRACE=enable=no exec '\(worker)'\n".write(
        to: start, atomically: false, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: start.path)
      let executor = Self.executor(start.path)
      var source = SessionSource(directory: session.directory.path)
      source.overrides.trainSteps = 1_000_000
      source.overrides.hiddenSize = 128
      source.overrides.patience = 0
      let inspected = await executor.run(
        Assignment(id: 1, task: .inspect(InspectTask(source: source)), bounds: Self.bounds), resuming: nil
      ) { _ in }
      guard case .inspected(let inspection) = try inspected.result.get() else { throw CancellationError() }
      #expect((inspected.use.cpuSeconds ?? 0) > 0 && (inspected.use.peakMemoryBytes ?? 0) > 5_000_000)
      let task = InferTask(
        source: source, inspection: inspection, job: inspection.jobs[0].identity,
        spool: session.folder.appending(path: "spool").path, retrains: true)
      let began = Once()
      return await executor.run(
        Assignment(id: 2, task: .infer(task), bounds: Self.bounds), resuming: nil
      ) { report in
        guard case .progress = report, await began.isFirst() else { return }
        var process: pid_t?
        // Processes that end meanwhile can spoil a look-up.
        for _ in 0..<100 where process == nil { process = Self.processes(running: worker).first }
        do {
          try await body(try #require(process))
        } catch {
          Issue.record(error)
          // Nothing is left to train for hours.
          if let process { kill(process, SIGKILL) }
        }
      }
    }
  }

  private actor Once {
    private var isOver = false
    func isFirst() -> Bool {
      defer { isOver = true }
      return !isOver
    }
  }

  private static func processes(running program: String) -> [pid_t] {
    let ids = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
    return ids.filter { id in
      let line = try? Data(contentsOf: URL(filePath: "/proc/\(id)/cmdline"))
      return line?.split(separator: 0).first.map { String(decoding: $0, as: UTF8.self) } == program
    }
  }

  private static func text(_ process: pid_t, _ file: String) throws -> String {
    try String(contentsOfFile: "/proc/\(process)/\(file)", encoding: .utf8)
  }

  @Test
  func `While it infers, a worker is nice, idle at the disk, on its processors, and without a core file`()
    async throws
  {
    let end = try await inferring { process in
      let limits = try Self.text(process, "limits")
      func limit(_ name: String) -> [Substring]? {
        limits.split(separator: "\n").first { $0.hasPrefix(name) }?.dropFirst(name.count).split(
          separator: " "
        )
        .prefix(2).map { $0 }
      }
      #expect(limit("Max core file size") == ["0", "0"])
      #expect(limit("Max open files") == ["1024", "1024"])
      #expect(limit("Max data size") == ["2147483648", "2147483648"])
      // Of each thread, not of the first alone (man 5 proc: the 19th field).
      for thread in try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task") {
        let stat = try Self.text(process, "task/\(thread)/stat").split(separator: ")").last
        #expect(stat?.split(separator: " ")[16] == "7")
        let allowed = try Self.text(process, "task/\(thread)/status").split(separator: "\n")
          .first { $0.hasPrefix("Cpus_allowed_list:") }?.split(separator: "\t").last
        if Processors.count > 1 {
          #expect(Processors.allowed.map { "\($0)" }.contains(String(allowed ?? "")))
        }
        let ioClass = try? await Blechctl.run(["ionice", "-p", thread])
        if let ioClass, ioClass.exitCode == 0 { #expect(ioClass.output.hasPrefix("idle")) }
      }
      kill(process, SIGTERM)
    }
    #expect(end.reason == .killed)
    #expect((end.use.cpuSeconds ?? 0) > 0 && (end.use.peakMemoryBytes ?? 0) > 5_000_000)
  }

  @Test(arguments: [(SIGKILL, ExitReason.killed), (SIGSEGV, .crashed)])
  func `A signal that ends it is told as what it is`(signal: Int32, reason: ExitReason) async throws {
    let end = try await inferring { kill($0, signal) }
    #expect(end.reason == reason)
  }

  @Test func `A worker joins its group before all else, and does not work if it cannot`() async throws {
    try await withScratchAsync { scratch in
      try FileManager.default.createDirectory(
        atPath: scratch.path("group"), withIntermediateDirectories: false)
      let limits = WorkerLimits(controlGroup: scratch.path("group"))
      let request = WorkerRequest(
        .recover(RecoverTask(path: scratch.path, searchesBelow: false)), limits: limits)
      let line = String(decoding: try JSONEncoder().encode(request), as: UTF8.self)
      let command = [
        "/bin/sh", "-c", "(printf '%s\\n' \"$1\"; sleep 2) | \"$2\"", "sh", line, Blechctl.worker,
      ]
      let refused = try await Blechctl.run(command)
      #expect(refused.output.contains("cannot be joined") && refused.output.contains("group"))
      try scratch.write("group/cgroup.procs", "")
      let joined = try await Blechctl.run(command)
      #expect(joined.output.contains("recovered"))
      #expect(try pid_t(scratch.text("group/cgroup.procs").dropLast()) != nil)
    }
  }

  @Test func `What a system refuses or has already does not keep a worker from its work`() async throws {
    // A processor that no machine has, and a niceness below the one that it starts with.
    let limits = WorkerLimits(openFiles: .max, nice: 3, ioClass: .bestEffort, processors: [4095])
    let request = WorkerRequest(.notify(NotifyTask(arguments: ["/usr/bin/nice"], input: "")), limits: limits)
    let line = String(decoding: try JSONEncoder().encode(request), as: UTF8.self)
    let run = try await Blechctl.run([
      "/bin/sh", "-c", "(printf '%s\\n' \"$1\"; sleep 2) | nice -n 5 \"$2\"", "sh", line, Blechctl.worker,
    ])
    #expect(run.output.contains("notified"), "\(run)")
    #expect(run.errors == "5\n")
  }
}

import Foundation
import Subprocess
import Testing
import Vocabulary

extension ScratchSession {
  fileprivate var lease: String { directory.appending(path: ".blechd-lease").path }

  /// A worker that inspects as ever, and runs commands of the shell then and later: tests wait for no moment.
  ///
  /// - Parameters:
  ///   - first: is run between the first inspection and its answer.
  ///   - later: is run before any other task; it may end the worker.
  fileprivate func worker(first: String = "", later: String = "") throws -> [String: String] {
    let script = folder.appending(path: "worker").path
    try """
    #!/bin/sh
    if [ -e '\(script).used' ]; then
      \(later)
      exec '\(Blechctl.worker)'
    fi
    : > '\(script).used'
    answer=$('\(Blechctl.worker)')
    code=$?
    \(first)
    printf '%s\\n' "$answer"
    exit $code
    """.write(toFile: script, atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
    return ["BLECHD_WORKER": script]
  }

  /// A command that puts the text into a file of the session.
  fileprivate func replacing(_ file: String, by text: String) throws -> String {
    let source = folder.appending(path: "replacement").path
    try text.write(toFile: source, atomically: false, encoding: .utf8)
    return "cat '\(source)' > '\(directory.path)/\(file)'"
  }
}

/// Two who want to work on one session.
@Suite struct LeaseTests {
  /// Runs `body` while another `blechctl infer` works on the session, then ends that with the signal.
  private func whileOneWorks<Result: Sendable>(
    on session: ScratchSession, until signal: Signal, _ body: @Sendable () async throws -> Result
  ) async throws -> Result {
    // Trains for as long as its parent is there.
    let worker = try session.worker(later: "cat > /dev/null; exit 130")
    return try await Subprocess.run(
      .path(.init(Blechctl.program)), arguments: ["infer", session.directory.path],
      environment: session.blechctl.environment(worker), input: .none, output: .discarded, error: .discarded
    ) { execution in
      var waits = 0
      while (try? Data(contentsOf: URL(filePath: session.lease)))?.isEmpty != false, waits < 1200 {
        waits += 1
        try await Task.sleep(for: .milliseconds(100))
      }
      let result = try await body()
      try execution.send(signal: signal)
      return result
    }.closureResult
  }

  @Test func `The second comer ends with 75 and says who holds the session`() async throws {
    try await withSession { session in
      let before = try session.bytes()
      let second = try await whileOneWorks(on: session, until: .interrupt) { try await session.infer() }
      #expect(second.exitCode == 75)
      for part in ["blechctl infer on", "process", "since 20", "try again"] {
        #expect(second.errors.contains(part), "\(second.errors)")
      }
      #expect(try session.bytes() == before)
      #expect(access(session.lease, F_OK) != 0, "the first has given it back")
      let third = try await session.infer()
      #expect(third.exitCode == 0, "\(third.errors)")
      #expect(access(session.lease, F_OK) != 0)
    }
  }

  @Test func `After one that was killed the next takes over at once`() async throws {
    try await withSession { session in
      try await whileOneWorks(on: session, until: .kill) {}
      #expect(access(session.lease, F_OK) == 0)
      let next = try await session.infer()
      #expect(next.exitCode == 0, "\(next.errors)")
      #expect(access(session.lease, F_OK) != 0)
    }
  }

  @Test func `Results that go elsewhere need no lease`() async throws {
    try await withSession { session in
      let output = session.folder.appending(path: "out").path
      let second = try await whileOneWorks(on: session, until: .interrupt) {
        try await session.infer(["--output-only", output])
      }
      #expect(second.exitCode == 0, "\(second.errors)")
    }
  }

  @Test func `What another has finished since the inspection is not done again`() async throws {
    try await withSession { session in
      let log = session.folder.appending(path: "log").path
      let worker = try session.worker(
        first: """
          BLECHD_WORKER='\(Blechctl.worker)' '\(Blechctl.program)' infer '\(session.directory.path)' \
            --train-steps 30 < /dev/null > '\(log)' 2>&1
          """)
      let run = try await session.infer(environment: worker)
      #expect(try String(contentsOfFile: log, encoding: .utf8).contains("written to"))
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.output.contains("nothing to do"), "\(run.output)")
    }
  }

  @Test func `Who has lost the session to another writes nothing`() async throws {
    try await withSession { session in
      let before = try session.bytes()
      let other = #"""
        {"acquired": "2026-01-02T03:04:05Z", "nonce": "1", "program": "blechd", "version": 1,
         "process": {"host": "another", "pid": 1}}
        """#
      let worker = try session.worker(later: session.replacing(".blechd-lease", by: other))
      let run = try await session.infer(environment: worker)
      #expect(run.exitCode == 75, "\(run.errors)")
      #expect(run.errors.contains("blechd on another (process 1, since 2026-01-02T03:04:05Z)"))
      #expect(try session.bytes() == before)
      #expect(try String(contentsOfFile: session.lease, encoding: .utf8) == other)
    }
  }

  @Test func `Two at once: every result is there once, and one of them did the work`() async throws {
    try await withSession { session in
      let runs = try await withThrowingTaskGroup(of: Blechctl.Run.self) { group in
        for _ in 0..<2 { group.addTask { try await session.infer(["--train-steps", "300"]) } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      // The second came while the first was at work, or when it had done so.
      let codes = runs.map(\.exitCode)
      #expect(codes.contains(0) && codes.allSatisfy { $0 == 0 || $0 == 75 }, "\(runs)")
      #expect(runs.filter { $0.output.contains("written to") }.count == 1, "\(runs)")
      #expect(access(session.lease, F_OK) != 0)
    }
  }
}

/// blech_clust's scripts at work on the session.
@Suite struct PipelineWaitTests {
  private func log(attempted minutesAgo: Int64) -> String {
    #"""
    {"attempted": {"/a/emg_filter.py": "\#(LocalTime.text(LocalTime.now - minutesAgo * 60))"},
     "completed": {"/a/blech_make_arrays.py": "2026-01-01 00:00:01"}}
    """#
  }

  @Test func `A script that has not ended is waited for before anything is trained`() async throws {
    try await withSession { session in
      try session.write(log(attempted: 100), to: "execution_log.json")
      let before = try session.bytes()
      let run = try await session.infer()
      #expect(run.exitCode == 75)
      for part in ["emg_filter.py was begun at 20", "has not ended", "--ignore-log"] {
        #expect(run.errors.contains(part), "\(run.errors)")
      }
      #expect(!run.errors.contains("done, "))
      #expect(try session.bytes() == before)
      let ignoring = try await session.infer(["--ignore-log"])
      #expect(ignoring.exitCode == 0, "\(ignoring.errors)")
      let done = try await session.infer()
      #expect(done.exitCode == 0, "there is nothing to wait for: \(done.errors)")
    }
  }

  @Test func `One that was begun longer ago than the configuration says is not`() async throws {
    try await withSession { session in
      try session.write(log(attempted: 130), to: "execution_log.json")
      let run = try await session.infer()
      #expect(run.exitCode == 0, "\(run.errors)")
      let file = session.folder.appending(path: "blechd.yaml")
      try "watch: [{path: /data}]\npipeline_wait_minutes: 1000\n".write(
        to: file, atomically: false, encoding: .utf8)
      let waiting = try await session.infer(["--retrain", "--config", file.path])
      #expect(waiting.exitCode == 75, "\(waiting.errors)")
    }
  }

  @Test func `Results that go elsewhere wait for nobody`() async throws {
    try await withSession { session in
      try session.write(log(attempted: 1), to: "execution_log.json")
      let run = try await session.infer(["--output-only", session.folder.appending(path: "out").path])
      #expect(run.exitCode == 0, "\(run.errors)")
    }
  }

  @Test func `A script that begins during the training is waited for before the commit`() async throws {
    try await withSession { session in
      let before = try session.bytes()
      let worker = try session.worker(later: session.replacing("execution_log.json", by: log(attempted: 1)))
      let run = try await session.infer(environment: worker)
      #expect(run.exitCode == 75, "\(run.errors)")
      #expect(run.errors.contains("done, 30 steps"), "\(run.errors)")
      #expect(run.errors.contains("emg_filter.py was begun at 20"))
      #expect(try session.bytes() == before)
    }
  }
}

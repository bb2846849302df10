import Configuration
import FoundationEssentials
import Jobs
import Machine
import TestSupport
import Testing
import Vocabulary
import WorkerProtocol

@testable import Scheduling
@testable import blechd

/// The notifier with shell scripts in the place of workers.
@Suite(.timeLimit(.minutes(10))) struct NotifierTests {
  private func notifier(_ script: String, _ log: MemoryLog) -> Notifier {
    let executor = LocalExecutor(
      worker: WorkerExecutable(path: script), limits: .init(), groups: .failure(.noHierarchy))
    return Notifier(executor: executor, log: log.logger)
  }

  private static func configuration(_ change: (inout Configuration.Limits) -> Void = { _ in })
    -> Configuration
  {
    var configuration = Configuration(watch: [])
    configuration.notifyCommand = ["/bin/true"]
    change(&configuration.limits)
    return configuration
  }

  private static func outcome(_ name: String) -> SessionOutcome {
    SessionOutcome(
      kind: .done,
      inspection: Inspection(
        name: name, h5: "\(name).h5", stamps: [:], parameters: .default, stimulus: 2000, jobs: [], notices: []
      ),
      directory: "/data/\(name)", jobs: [], commit: nil, failure: nil, beganAt: nil)
  }

  @Test func `A daemon that stops tells of how many sessions the command does not know`() async throws {
    try await withScratchAsync { scratch in
      let log = MemoryLog()
      // The first is told; the second takes for ever.
      let script = try scratch.script(
        """
        cd '\(scratch.path)'
        if mkdir first 2> /dev/null; then
          echo '{"version":1,"content":{"result":{"_0":{"notified":{}}}}}'
        else
          : > begun
          exec sleep 1000000
        fi
        """)
      let notifier = notifier(script, log)
      for number in 1...4 { notifier.tell(Self.outcome("s\(number)"), by: Self.configuration()) }
      let run = Task { await notifier.run() }
      while try !scratch.names.contains("begun") { try await Task.sleep(for: .milliseconds(20)) }
      notifier.stop()
      run.cancel()
      await run.value
      #expect(
        log.lines == [
          "warning: notify.command is not told, or not to its end, of 3 sessions that have ended: blechd stops"
        ])
    }
  }

  @Test func `A daemon that has told everything has nothing to say of it`() async throws {
    try await withScratchAsync { scratch in
      let log = MemoryLog()
      let notifier = notifier(
        try scratch.script("echo '{\"version\":1,\"content\":{\"result\":{\"_0\":{\"notified\":{}}}}}'"), log)
      for number in 1...2 { notifier.tell(Self.outcome("s\(number)"), by: Self.configuration()) }
      notifier.stop()
      await notifier.run()
      #expect(log.lines == [])
      notifier.tell(Self.outcome("s3"), by: Self.configuration())
      #expect(
        log.lines == [
          "warning: /data/s3: blechd stops, and notify.command with it; it is not told that this session has ended"
        ])
    }
  }

  @Test func `The command has a worker's time, where that is shorter`() async throws {
    try await withScratchAsync { scratch in
      let log = MemoryLog()
      let notifier = notifier(try scratch.script("exec sleep 1000000"), log)
      notifier.tell(
        Self.outcome("s1"), by: Self.configuration { $0.wallTimePerJob = .seconds(1) })
      notifier.stop()
      await notifier.run()
      #expect(log.lines.count == 1)
      #expect(log.lines.first?.contains("took longer than the 1 s allowed, and was ended") == true)
    }
  }
}

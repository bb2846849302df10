import Foundation
import Subprocess
import Testing

@Suite struct InterruptionTests {
  /// Trains for hours, if nobody stops it.
  private static let endless = ["--train-steps", "1000000", "--patience", "0"]

  /// Starts an inference through a worker at a path of its own, waits until its workers run, does `body` and
  /// waits for the end.
  private func interrupting(
    _ session: ScratchSession, with signal: Signal
  ) async throws -> (status: TerminationStatus, worker: String) {
    let worker = session.folder.appending(path: "blechd-worker").path
    try FileManager.default.createSymbolicLink(atPath: worker, withDestinationPath: Blechctl.worker)
    let result = try await Subprocess.run(
      .path(.init(Blechctl.program)), arguments: Arguments(["infer", session.directory.path] + Self.endless),
      environment: session.blechctl.environment(["BLECHD_WORKER": worker]), input: .none, output: .discarded,
      error: .discarded
    ) { execution in
      try await Self.wait { Self.processes(running: worker).count == 2 }
      try execution.send(signal: signal)
    }
    return (result.terminationStatus, worker)
  }

  @Test func `Ctrl-C ends the workers and leaves the .h5 untouched`() async throws {
    try await withSession { session in
      let before = try session.bytes()
      let (status, worker) = try await interrupting(session, with: .interrupt)
      #expect(status == .exited(130))
      #expect(Self.processes(running: worker).isEmpty)
      #expect(try session.bytes() == before)
      #expect(!FileManager.default.fileExists(atPath: session.artifacts.path))
    }
  }

  @Test func `Workers whose parent is killed end by themselves`() async throws {
    try await withSession { session in
      let before = try session.bytes()
      let (status, worker) = try await interrupting(session, with: .kill)
      #expect(status == .signaled(9))
      try await Self.wait { Self.processes(running: worker).isEmpty }
      #expect(try session.bytes() == before)
    }
  }

  /// Ids of the processes that were started as `program`; with two of them an inference is under way, as
  /// inspection takes one.
  private static func processes(running program: String) -> [Int32] {
    let ids = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }
    return ids.filter { id in
      let line = try? Data(contentsOf: URL(filePath: "/proc/\(id)/cmdline"))
      return line?.split(separator: 0).first.map { String(decoding: $0, as: UTF8.self) } == program
    }
  }

  private static func wait(until holds: () -> Bool) async throws {
    for _ in 0..<300 {
      if holds() { return }
      try await Task.sleep(for: .milliseconds(100))
    }
    Issue.record("waited 30 s in vain")
  }
}

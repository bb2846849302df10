import Foundation
import Jobs
import Testing
import Vocabulary
import WorkerProtocol

/// What the worker makes of a session that a script is writing to between its inspection and the inference.
@Suite(.timeLimit(.minutes(20))) struct ChangedSessionTests {
  private func run(_ task: WorkerRequest.Task) async throws(Failure) -> WorkerMessage.Outcome {
    try await WorkerProcess(WorkerExecutable(path: Blechctl.worker)).run(task)
  }

  private func inference(
    _ session: ScratchSession, ignoresExecutionLog: Bool = false
  ) async throws -> WorkerRequest.Task {
    var source = SessionSource(directory: session.directory.path)
    source.overrides.trainSteps = 1
    source.ignoresExecutionLog = ignoresExecutionLog
    let answer = try await run(.inspect(InspectTask(source: source)))
    guard case .inspected(let inspection) = answer else { throw Failure.unexpectedAnswer }
    return .infer(
      InferTask(
        source: source, inspection: inspection, job: inspection.jobs[0].identity,
        spool: session.folder.appending(path: "spool").path, retrains: true))
  }

  private func failure(_ task: WorkerRequest.Task) async -> Failure? {
    await #expect(throws: Failure.self) { () async throws in _ = try await run(task) }
  }

  @Test(arguments: ["execution_log.json", "\(ScratchSession.usual).info", "\(ScratchSession.usual).params"])
  func `A file that a script has just emptied is looked at again`(file: String) async throws {
    try await withSession { session in
      let task = try await inference(session)
      try session.write("{", to: file)
      let failure = await failure(task)
      #expect(failure?.code == .temporary, "\(String(describing: failure))")
      #expect(failure?.what == "is not valid JSON, and has changed since its inspection")
      #expect(failure?.place == session.directory.appending(path: file).path)
    }
  }

  @Test func `An .h5 that is half written is looked at again`() async throws {
    try await withSession { session in
      let task = try await inference(session)
      try session.bytes().prefix(5000).write(to: session.h5)
      #expect(await failure(task)?.code == .temporary)
    }
  }

  @Test func `What was as bad when it was inspected is bad for good`() async throws {
    try await withSession { session in
      try session.write("{", to: "execution_log.json")
      guard case .infer(var task) = try await inference(session, ignoresExecutionLog: true) else { return }
      task.source.ignoresExecutionLog = false
      #expect(await failure(.infer(task))?.code == .badData)
    }
  }
}

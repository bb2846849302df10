import Jobs
import UnixSignals
import Vocabulary
import WorkerProtocol

/// Runs `body`, and cancels it at the first Ctrl-C or SIGTERM.
func untilInterrupted<Result: Sendable>(_ body: @escaping @Sendable () async -> Result) async -> Result {
  let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
  return await withTaskGroup(of: Result?.self) { group in
    group.addTask { await body() }
    group.addTask {
      for await _ in signals { break }
      return nil
    }
    while let finished = await group.next() {
      if let result = finished {
        group.cancelAll()
        return result
      }
      group.cancelAll()
    }
    preconditionFailure("the body always returns")
  }
}

/// Runs one worker to its end; Ctrl-C ends it.
func runWorker(_ task: WorkerRequest.Task) async throws(Failure) -> WorkerMessage.Outcome {
  let worker = WorkerProcess(try WorkerExecutable.find())
  let result: Result<WorkerMessage.Outcome, Failure> = await untilInterrupted {
    do throws(Failure) {
      return .success(try await worker.run(task))
    } catch {
      return .failure(error)
    }
  }
  return try result.get()
}

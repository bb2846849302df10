import Logging
import Reporting
import ServiceLifecycle
import Vocabulary

/// Keeps `status.json` up to date, until everything else has ended: at most once a second, at least every half minute.
struct StatusService: Service {
  let file: StatusFile
  let report: StatusReport
  let changes: AsyncStream<Void>
  let log: Logger

  func run() async throws {
    let (due, signal) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for await _ in changes { signal.yield() }
      }
      group.addTask {
        try? await gracefulShutdown()
        signal.finish()
      }
      group.addTask {
        while !Task.isCancelled {
          try? await Task.sleep(for: StatusFile.longestInterval)
          signal.yield()
        }
      }
      await write(whenever: due)
      group.cancelAll()
    }
    file.remove()
  }

  private func write(whenever due: AsyncStream<Void>) async {
    var complaint: Failure?
    for await _ in due {
      report.watch.tellProblems(of: report.watch.watch)
      do throws(Failure) {
        try file.write(await report.document())
        complaint = nil
      } catch {
        // Once, not every second.
        if complaint != error { log.error("\(error)") }
        complaint = error
      }
      try? await cancelWhenGracefulShutdown { try await Task.sleep(for: StatusFile.shortestInterval) }
    }
  }
}

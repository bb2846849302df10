import FileAccess
import Intake
import Jobs
import Logging
import Vocabulary
import Watching
import WorkerProtocol

/// Has sessions read by workers, so that no file of theirs is opened here.
struct Inspector: Sendable {
  private let worker: WorkerProcess
  private let memoryMB: Int
  private let recovers: Bool
  private let memory: InspectionMemory
  private let log: Logger

  /// A session of many GB on a slow server is read in minutes.
  private static let wallTime = Duration.seconds(600)

  /// - Parameters:
  ///   - recovers: whether interrupted commits are undone, which changes files.
  ///   - recall: what an earlier inspection has found, by directory, `InspectionKey` and stamps.
  ///   - remember: keeps what an inspection has found.
  init(
    worker: WorkerProcess, memoryMB: Int, recovers: Bool, log: Logger,
    recall: @escaping InspectionMemory.Recall = { _, _ in nil },
    remember: @escaping InspectionMemory.Remember = { _, _ in }
  ) {
    self.worker = worker
    self.memoryMB = memoryMB
    self.recovers = recovers
    self.log = log
    memory = InspectionMemory(recall: recall, remember: remember)
  }

  /// Reads a session as it is at this moment, and changes nothing.
  func inspect(_ source: SessionSource) async -> InspectionOutcome {
    let bounds = WorkerBounds(wallTime: Self.wallTime, memory: memoryMB << 20)
    return await InspectionOutcome { () throws(Failure) in
      try await worker.run(.inspect(InspectTask(source: source)), bounds: bounds)
    }
  }

  /// What is known of a session, or what reading it comes to, after interrupted commits were undone.
  ///
  /// - Parameter stamps: those that the watch saw settle; nil: it is read, whatever is known of it.
  func inspect(_ source: SessionSource, stamps: [FileName: Stamp]?) async -> InspectionOutcome {
    await memory.outcome(of: source, settled: stamps) {
      let outcome = await inspect(source)
      guard recovers, case .needsRecovery(let directories) = outcome, !Task.isCancelled else {
        return outcome
      }
      do throws(Failure) {
        try await recover(directories)
      } catch {
        return .failed(error)
      }
      return await inspect(source)
    }
  }

  /// What can be recovered is, before a refusal is reported.
  private func recover(_ directories: [String]) async throws(Failure) {
    var refusals: [Failure] = []
    for directory in directories {
      let found = try await recover(directory)
      for summary in found { tell(summary) }
      refusals += found.compactMap(\.refusal)
    }
    if let first = refusals.first { throw first }
  }

  /// In a task of its own, which nobody cancels, and without bounds: what has begun to change an .h5 runs to its end.
  private func recover(_ directory: String) async throws(Failure) -> [RecoverySummary] {
    let (worker, task) = (worker, RecoverTask(path: directory, searchesBelow: false))
    let result: Result<WorkerMessage.Outcome, Failure> = await Task {
      do throws(Failure) {
        return .success(try await worker.run(.recover(task)))
      } catch {
        return .failure(error)
      }
    }.value
    guard case .recovered(let found) = try result.get() else { throw Failure.unexpectedAnswer }
    return found
  }

  private func tell(_ summary: RecoverySummary) {
    let path = summary.path
    switch summary.outcome {
    case .rolledBack: log.notice("\(path): an interrupted commit was undone: the file is what it was before")
    case .removedUnfinishedJournal:
      log.notice("\(path): an interrupted commit, which had not begun to write, was undone")
    case .setAside(let name):
      log.notice("\(path): a journal that does not fit is called \(name) now")
    case .refused(let failure, _): log.warning("an interrupted commit cannot be undone: \(failure)")
    }
  }
}

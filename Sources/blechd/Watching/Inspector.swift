import FileAccess
import Intake
import Jobs
import Logging
import Vocabulary
import Watching
import WorkerProtocol

/// Has sessions read by workers, so that no file of theirs is opened here. They are held to the owner's limits as all
/// others are.
struct Inspector: Sendable {
  private let executor: LocalExecutor
  private let bounds: WorkerBounds
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
    executor: LocalExecutor, memoryMB: Int, recovers: Bool, log: Logger,
    recall: @escaping InspectionMemory.Recall = { _, _ in nil },
    remember: @escaping InspectionMemory.Remember = { _, _ in }
  ) {
    self.executor = executor
    bounds = WorkerBounds(wallTime: Self.wallTime, memory: memoryMB << 20)
    self.recovers = recovers
    self.log = log
    memory = InspectionMemory(recall: recall, remember: remember)
  }

  /// Reads a session as it is at this moment, and changes nothing.
  func inspect(_ source: SessionSource) async -> InspectionOutcome {
    await InspectionOutcome { () throws(Failure) in
      try await answer(to: .inspect(InspectTask(source: source)))
    }
  }

  private func answer(to task: WorkerRequest.Task) async throws(Failure) -> WorkerMessage.Outcome {
    let assignment = Assignment(task: task, bounds: bounds)
    return try await executor.run(assignment, resuming: nil) { _ in }.result.get()
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

  private func recover(_ directory: String) async throws(Failure) -> [RecoverySummary] {
    let task = RecoverTask(path: directory, searchesBelow: false)
    guard case .recovered(let found) = try await answer(to: .recover(task)) else {
      throw Failure.unexpectedAnswer
    }
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

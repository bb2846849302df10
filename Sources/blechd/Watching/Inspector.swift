import Intake
import Jobs
import Logging
import Vocabulary
import WorkerProtocol

/// Has sessions read by workers, so that no file of theirs is opened here.
struct Inspector: Sendable {
  let worker: WorkerProcess
  let memoryMB: Int
  let memory: InspectionMemory
  let log: Logger

  /// A session of many GB on a slow server is read in minutes.
  private static let wallTime = Duration.seconds(600)

  /// What a session holds. A commit that was interrupted is undone first.
  ///
  /// - Parameter stamps: of its files, for which what is remembered does as well; nil has it read in any case.
  func inspect(_ source: SessionSource, stamps: SessionStamps? = nil) async -> InspectionOutcome {
    let key = InspectionKey(source).text
    if let stamps, let known = await memory.recall(source.directory, key, stamps) { return .inspected(known) }
    var outcome = await read(source)
    if case .needsRecovery(let directories) = outcome {
      do throws(Failure) {
        // One that cannot be undone stays, and so does the need.
        if try await recover(directories) { outcome = await read(source) }
      } catch {
        return .failed(error)
      }
    }
    if case .inspected(let inspection) = outcome, inspection.obstacle == nil {
      await memory.remember(inspection, source.directory, key)
    }
    return outcome
  }

  private func read(_ source: SessionSource) async -> InspectionOutcome {
    let bounds = WorkerBounds(wallTime: Self.wallTime, memory: memoryMB << 20)
    return await InspectionOutcome { () throws(Failure) in
      try await worker.run(.inspect(InspectTask(source: source)), bounds: bounds)
    }
  }

  /// - Returns: whether all was undone that had to be.
  private func recover(_ directories: [String]) async throws(Failure) -> Bool {
    var isWhole = true
    for directory in directories {
      let task = RecoverTask(path: directory, searchesBelow: false)
      guard case .recovered(let found) = try await worker.run(.recover(task)) else {
        throw Failure.unexpectedAnswer
      }
      for summary in found {
        if let refusal = summary.refusal {
          isWhole = false
          log.error("\(refusal)")
        } else {
          log.warning("\(summary.path): an interrupted commit was undone; the file is what it was before")
        }
      }
    }
    return isWhole
  }
}

/// What is remembered of inspections, so that nothing is read twice.
struct InspectionMemory: Sendable {
  /// Of the session at a path, under a key, with these stamps.
  let recall: @Sendable (_ path: String, _ key: String, _ stamps: SessionStamps) async -> Inspection?
  let remember: @Sendable (_ inspection: Inspection, _ path: String, _ key: String) async -> Void

  static let none = InspectionMemory(recall: { _, _, _ in nil }, remember: { _, _, _ in })
}

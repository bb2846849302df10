import Configuration
import FoundationEssentials
import Jobs
import Logging
import Reporting
import Scheduling
import Synchronization
import Vocabulary
import WorkerProtocol

/// Runs the owner's command after each session that was worked on, one after the other, within a worker's limits.
final class Notifier: Sendable {
  private struct Message: Sendable {
    let directory: String
    let task: NotifyTask
    let bounds: WorkerBounds
  }

  private let executor: LocalExecutor
  private let log: Logger
  private let messages: AsyncStream<Message>
  private let queue: AsyncStream<Message>.Continuation
  /// Messages that were not told yet, and whose command was not ended before its time.
  private let untold = Mutex(0)

  /// A command that hangs must not make us hoard what it is to be told.
  private static let mostWaiting = 100
  private static let longestRun = Duration.seconds(60)

  init(executor: LocalExecutor, log: Logger) {
    self.executor = executor
    self.log = log
    (messages, queue) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.mostWaiting))
  }

  func tell(_ outcome: SessionOutcome, by configuration: Configuration) {
    guard let command = configuration.notifyCommand else { return }
    guard let text = try? JSONDocument.text(SessionEnded(outcome, finished: .now)) else { return }
    let message = Message(
      directory: outcome.directory, task: NotifyTask(arguments: command, input: text),
      bounds: Self.bounds(configuration.limits))
    untold.withLock { $0 += 1 }
    let obstacle: String
    switch queue.yield(message) {
    case .enqueued: return
    case .dropped: obstacle = "notify.command is too slow"
    default: obstacle = "blechd stops, and notify.command with it"
    }
    untold.withLock { $0 -= 1 }
    log.warning("\(outcome.directory): \(obstacle); it is not told that this session has ended")
  }

  private static func bounds(_ limits: Configuration.Limits) -> WorkerBounds {
    var bounds = WorkerBounds(limits)
    bounds.wallTime = min(bounds.wallTime, longestRun)
    // A command says nothing.
    bounds.silence = nil
    return bounds
  }

  /// Tells what there is to tell, until it is stopped or cancelled.
  func run() async {
    for await message in messages {
      // What waits is still handed out.
      if Task.isCancelled { break }
      let assignment = Assignment(task: .notify(message.task), bounds: message.bounds)
      let end = await executor.run(assignment, resuming: nil) { _ in }
      if end.reason == .cancelled { break }
      untold.withLock { $0 -= 1 }
      if case .failure(let failure) = end.result {
        log.warning("\(message.directory): notify.command: \(failure)")
      }
    }
    let count = untold.withLock { $0 }
    guard count > 0 else { return }
    log.warning(
      "notify.command is not told, or not to its end, of \(count) \(count == 1 ? "session that has" : "sessions that have") ended: blechd stops"
    )
  }

  func stop() { queue.finish() }
}

extension SessionEnded {
  fileprivate init(_ outcome: SessionOutcome, finished: Date) {
    let kind: Outcome =
      switch outcome.kind {
      case .done: .done
      case .partlyDone: .partlyDone
      case .failed: .failed
      case .cancelled: .cancelled
      }
    let started = outcome.beganAt.map { Date(timeIntervalSince1970: Double($0)) } ?? finished
    self.init(
      directory: outcome.directory, outcome: kind, jobs: outcome.jobs.map { Job($0.planned, $0.state) },
      failure: outcome.failure, started: started.ISO8601Format(), finished: finished.ISO8601Format(),
      h5: outcome.commit?.h5)
  }
}

extension SessionEnded.Job {
  fileprivate init(_ job: PlannedJob, _ state: JobState) {
    switch state {
    case .inferred(let inferred): self.init(job, inferred: inferred.summary)
    case .failed(let failed): self.init(job, failed: failed.failure)
    // Nothing else is left of a session that has ended.
    case .cancelled, .queued, .running, .retrying: self.init(job, .cancelled)
    }
  }
}

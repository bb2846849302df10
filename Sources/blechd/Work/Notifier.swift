import Configuration
import FoundationEssentials
import Jobs
import Logging
import Reporting
import Scheduling
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
      bounds: WorkerBounds(wallTime: Self.longestRun, memory: configuration.limits.memoryPerJobMB << 20))
    if case .dropped = queue.yield(message) {
      log.warning(
        "\(outcome.directory): notify.command is too slow; it is not told that this session has ended")
    }
  }

  func run() async {
    for await message in messages {
      let assignment = Assignment(task: .notify(message.task), bounds: message.bounds)
      let end = await executor.run(assignment, resuming: nil) { _ in }
      if case .failure(let failure) = end.result, end.reason != .cancelled {
        log.warning("\(message.directory): notify.command: \(failure)")
      }
    }
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

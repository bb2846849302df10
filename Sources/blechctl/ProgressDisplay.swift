import Jobs
import Terminal
import Vocabulary
import WorkerProtocol

/// Shows how the jobs come on: bars on a terminal, a line now and then elsewhere. All of it on stderr.
actor ProgressDisplay {
  private var lines = LiveLines()
  private var session = ""
  private var running:
    [(job: PlannedJob, progress: WorkerMessage.Progress?, since: ContinuousClock.Instant)] = []
  private var lastLine: [JobIdentity: ContinuousClock.Instant] = [:]
  private let clock = ContinuousClock()

  /// Between two lines about one job where there is no terminal.
  private static let lineInterval = Duration.seconds(10)

  func show(_ event: SessionRun.Event) {
    switch event {
    case .recovering(let directory):
      lines.print(["\(directory): an earlier commit was interrupted; undoing what it left"])
    case .inspected(let inspection, let todo):
      session = inspection.name
      if !todo.isEmpty { lines.print(["\(session): \(todo.count) of \(inspection.jobs.count) to infer"]) }
    case .started(let job): running.append((job, nil, clock.now))
    case .progress(let job, let progress): update(job, progress)
    case .inferred(let job, let summary):
      remove(job)
      lines.print(["\(job.label): done, \(Self.how(summary))"])
    case .failed(let job, let failure):
      remove(job)
      if failure.code != .interrupted { lines.print(["\(job.label): \(failure)"]) }
    case .committing: lines.print(["\(session): writing the results"])
    }
    redraw()
  }

  /// Removes what is drawn.
  func end() { lines.draw([]) }

  private func update(_ job: PlannedJob, _ progress: WorkerMessage.Progress) {
    guard let index = running.firstIndex(where: { $0.job.identity == job.identity }) else { return }
    running[index].progress = progress
    guard !lines.isLive else { return }
    let now = clock.now
    if now - (lastLine[job.identity] ?? running[index].since) >= Self.lineInterval {
      lastLine[job.identity] = now
      lines.print(["\(job.label): \(Self.detail(progress, elapsed: now - running[index].since))"])
    }
  }

  private func remove(_ job: PlannedJob) {
    running.removeAll { $0.job.identity == job.identity }
  }

  private func redraw() {
    let now = clock.now
    lines.draw(
      running.map { entry in
        let bar = ProgressBar(
          label: entry.job.label, fraction: entry.progress.map { Double($0.step) / Double($0.steps) } ?? 0,
          detail: entry.progress.map { Self.detail($0, elapsed: now - entry.since) } ?? "reading")
        return bar.line(width: LiveLines.width - 1)
      })
  }

  static func how(_ summary: JobSummary) -> String {
    switch summary.origin {
    case .trained: "\(summary.steps) steps in \(Number.text(summary.seconds, decimals: 1)) s"
    case .savedModel: "with the network that was trained before"
    case .spool: "inferred by an earlier run"
    case .silent: "no unit fired"
    }
  }

  /// Early stopping may end it sooner, so the time left is an upper bound.
  private static func detail(_ progress: WorkerMessage.Progress, elapsed: Duration) -> String {
    var text =
      "step \(progress.step)/\(progress.steps), loss \(Number.text(progress.trainingLoss, decimals: 4))"
    if let loss = progress.validationLoss { text += ", validation \(Number.text(loss, decimals: 4))" }
    let left = elapsed / .seconds(1) * Double(progress.steps - progress.step) / Double(max(progress.step, 1))
    return text + ", at most \(Int(left.rounded(.up))) s left"
  }
}

extension PlannedJob {
  /// The job as people call it.
  var label: String {
    let taste = identity.taste == .all ? "all tastes" : "taste \(identity.taste) \(tasteName)"
    return identity.region == JobIdentity.allRegions ? taste : "\(identity.region) \(taste)"
  }
}

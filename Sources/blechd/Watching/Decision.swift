import FileAccess
import Intake
import Logging

/// What the log says of one thing that the intake has decided.
struct Decision {
  private let event: Intake.Event
  private let runsJobs: Bool

  init(_ event: Intake.Event, runsJobs: Bool) {
    self.event = event
    self.runsJobs = runsJobs
  }

  func log(to log: Logger) {
    switch event {
    case .decided(let path, let standing):
      log.log(level: level(of: standing), "\(path.shown): \(standing.name): \(standing.reason)")
    case .enqueue(let path, let work):
      if !runsJobs {
        log.notice("\(path.shown): would infer \(work.jobs.count) of \(work.inspection.jobs.count) jobs")
      }
      for notice in work.inspection.notices { log.info("\(path.shown): \(notice)") }
    case .progress: break
    // Of work that is done, or is stopped, the scheduler tells.
    case .withdraw(let path):
      log.log(level: runsJobs ? .debug : .notice, "\(path.shown): is taken from the queue")
    case .requested, .prioritise: break
    }
  }

  private func level(of standing: SessionStanding) -> Logger.Level {
    switch standing {
    case .waiting, .inspecting: .debug
    case .bad, .blocked, .needsRecovery, .settling(_, keepsChanging: true): .warning
    default: .info
    }
  }
}

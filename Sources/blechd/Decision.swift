import FileAccess
import Intake
import Logging

/// What the log says of one thing that the intake has decided.
struct Decision {
  private let event: Intake.Event

  init(_ event: Intake.Event) { self.event = event }

  func log(to log: Logger) {
    switch event {
    case .decided(let path, let standing):
      log.log(level: level(of: standing), "\(path.shown): \(standing.name): \(standing.reason)")
    case .enqueue(let path, let work):
      log.notice("\(path.shown): would infer \(work.jobs.count) of \(work.inspection.jobs.count) jobs")
      for notice in work.inspection.notices { log.info("\(path.shown): \(notice)") }
    case .progress: break
    case .requested(let path, let request?): log.notice("\(path.shown): is asked for: \(request.rawValue)")
    case .requested(_, nil): break
    case .withdraw(let path): log.notice("\(path.shown): is taken from the queue")
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

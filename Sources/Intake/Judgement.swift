import Vocabulary
import Watching

/// The judgement over one inspection.
struct Judgement {
  let root: IntakeRoot
  let source: SessionSource
  let now: Moment
  /// How often in a row something passing was in the way.
  let attempts: Int
  /// Every job is work, whatever is there already.
  var retrains = false
  var ignoresBacklog = false

  func standing(after outcome: InspectionOutcome) -> SessionStanding {
    switch outcome {
    case .needsRecovery(let directories): .needsRecovery(directories, retry: retry)
    case .failed(let failure): standing(after: failure)
    case .inspected(let inspection): standing(after: inspection)
    }
  }

  private func standing(after inspection: Inspection) -> SessionStanding {
    let work = SessionWork(
      source: source, inspection: inspection,
      jobs: inspection.jobs.filter {
        $0.needsWork(retrains: retrains, replacesForeign: source.replacesForeign)
      }, retrains: retrains, priority: root.priority)
    if work.jobs.isEmpty {
      let foreign = inspection.jobs.count { $0.existing == .foreign }
      return .done(current: inspection.jobs.count - foreign, foreign: foreign)
    }
    if !ignoresBacklog, let backlog = root.backlog.leavesOut(inspection) { return .backlog(backlog) }
    if let obstacle = inspection.obstacle { return .blocked(obstacle, retry: retry) }
    return .queued(work)
  }

  private func standing(after failure: Failure) -> SessionStanding {
    if let unreadiness = failure.unreadiness { return .unready(unreadiness, failure) }
    switch failure.code {
    // Rights may be granted, servers come back, without any event that tells.
    case .notPermitted: return .blocked(failure, retry: retry)
    case .temporary, .interrupted, .noInput, .cannotWrite, .internalError:
      return .postponed(failure, retry: retry)
    default: return .bad(failure, retry: now + Self.longestRetry)
    }
  }

  private static let (firstRetry, longestRetry) = (Duration.seconds(60), Duration.seconds(3600))

  private var retry: Moment { now + min(Self.firstRetry * (1 << min(attempts, 10)), Self.longestRetry) }
}

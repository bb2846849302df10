import FoundationEssentials
import Logging
import Scheduling
import Vocabulary

/// What the log says of the work.
struct WorkLog {
  let log: Logger

  func tell(_ event: WorkEvent) {
    let (level, directory, text) = Self.line(event)
    log.log(level: level, "\(directory): \(text)")
  }

  private static func line(_ event: WorkEvent) -> (Logger.Level, directory: String, text: String) {
    switch event {
    case .began(let directory, let job, let number):
      (.info, directory, "\(job.identity): is inferred" + (number > 1 ? ", attempt \(number)" : ""))
    case .inferred(let directory, let job, let summary):
      (summary.warnings.isEmpty ? .info : .warning, directory, inferred(job, summary))
    case .retrying(let directory, let job, let failure, let delay):
      (.warning, directory, "\(job.identity): \(failure); it is tried again in \(Int(delay / .seconds(1))) s")
    case .failed(let directory, let job, let failure):
      (.error, directory, "\(job.identity): has failed: \(failure)")
    case .stopped(let directory, let job):
      (.info, directory, "\(job): is stopped, as its result is not wanted any more")
    case .committed(let directory, let summary):
      (.info, directory, "the results are written to \(summary.h5), in \(Int(summary.ms)) ms")
    case .delayed(let directory, let failure):
      (.notice, directory, "the results are there and cannot be written yet: \(failure)")
    case .held(let directory, let failure):
      (.notice, directory, "\(failure); it is looked at again every minute")
    case .outdated(let directory, let reason):
      (.notice, directory, "\(reason); the results are thrown away, and it is looked at anew")
    case .resultsLost(let directory, let jobs):
      (.warning, directory, "\(jobs.count) results are gone from the spool, and are inferred again")
    case .ended(let outcome): ended(outcome)
    }
  }

  private static func inferred(_ job: PlannedJob, _ summary: JobSummary) -> String {
    let how =
      switch summary.origin {
      case .trained: "trained for \(summary.steps) steps"
      case .savedModel: "inferred with the saved model"
      case .spool: "inferred before"
      case .silent: "no unit fired"
      }
    let warnings = summary.warnings.map { "; \($0)" }.joined()
    return "\(job.identity) (\(job.tasteName)): \(how)\(warnings)"
  }

  private static func ended(_ outcome: SessionOutcome) -> (Logger.Level, directory: String, text: String) {
    let (kind, reason) = outcome.told
    let level: Logger.Level =
      switch outcome.kind {
      case .done, .cancelled: .notice
      case .partlyDone, .failed: .error
      }
    return (level, outcome.directory, "\(kind.replacing("_", with: " ")): \(reason)")
  }
}

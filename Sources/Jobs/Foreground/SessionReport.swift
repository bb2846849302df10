import Vocabulary
import WorkerProtocol

/// How one job of a run ended.
public enum JobOutcome: Equatable, Sendable {
  /// The .h5 holds this result already.
  case upToDate
  /// The .h5 holds a result that something else wrote, and nobody asked to replace it.
  case keptForeign
  case inferred(JobSummary)
  case failed(Failure)

  var hasResult: Bool {
    if case .inferred = self { true } else { false }
  }
}

public enum CommitOutcome: Equatable, Sendable {
  case committed(CommitSummary)
  case failed(Failure)
}

/// How a run of one session ended.
public struct SessionReport: Equatable, Sendable {
  public let directory: String
  public let inspection: Inspection
  public internal(set) var jobs: [JobIdentity: JobOutcome] = [:]
  /// Nil where there was nothing to commit.
  public internal(set) var commit: CommitOutcome?

  init(_ inspection: Inspection, directory: String) {
    self.inspection = inspection
    self.directory = directory
  }

  /// What went wrong, in the order of the jobs; a failed commit last.
  public var failures: [Failure] {
    var failures = inspection.jobs.compactMap { job in
      if case .failed(let failure) = jobs[job.identity] { failure } else { nil }
    }
    if case .failed(let failure) = commit { failures.append(failure) }
    return failures
  }

  /// Whether anything that was asked for is there now.
  public var hasSuccess: Bool {
    var isCommitted = true
    if case .failed = commit { isCommitted = false }
    return jobs.values.contains { outcome in
      switch outcome {
      case .upToDate, .keptForeign: true
      case .inferred: isCommitted
      case .failed: false
      }
    }
  }

  public var hasNothingToDo: Bool { commit == nil && failures.isEmpty }
}

extension ExitCode {
  /// What several failures and successes add up to: the one cause where everything failed for it, else
  /// `partial`.
  public static func combining(_ failures: [Failure], hasSuccess: Bool) -> ExitCode {
    if failures.isEmpty { return .success }
    if failures.contains(where: { $0.code == .interrupted }) { return .interrupted }
    let causes = Set(failures.map(\.code))
    return causes.count == 1 && !hasSuccess ? causes.first! : .partial
  }
}

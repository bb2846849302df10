import SystemPackage
import Vocabulary
import Watching

/// Where a session stands, with what is true there.
public enum SessionStanding: Equatable, Sendable {
  /// Its files have changed lately; for a long time already where `keepsChanging`.
  case settling(since: Moment, keepsChanging: Bool)
  /// Its files are still; it waits for its inspection.
  case waiting
  case inspecting
  /// What is missing may still come.
  case unready(Unreadiness, Failure)
  /// An interrupted commit has left a journal in these directories.
  case needsRecovery([String], retry: Moment)
  /// Sorted before its root was first watched, or before the day that the configuration names.
  case backlog(Backlog)
  /// Every result is there, or the only ones missing are somebody else's to replace.
  case done(current: Int, foreign: Int)
  case queued(SessionWork)
  /// It has work, but the results cannot be written as things are; looked at again at `retry`.
  case blocked(Failure, retry: Moment)
  /// Something that passes is in the way; looked at again at `retry`.
  case postponed(Failure, retry: Moment)
  /// It cannot be used until somebody changes it, and is looked at again at `retry` all the same: what ended its inspection
  /// may have been something else.
  case bad(Failure, retry: Moment)
  /// The same directory is known by another path already.
  case sameAs(FilePath)
}

/// Why a session counts as one of earlier days.
public struct Backlog: Equatable, Sendable {
  /// When it was sorted, local time: "YYYY-MM-DD HH:MM:SS".
  public let sorted: String
  /// Since when sessions of its root are taken, local time, or a day.
  public let limit: String
}

/// What is to be inferred for one session.
public struct SessionWork: Equatable, Sendable {
  public let source: SessionSource
  public let inspection: Inspection
  /// The jobs that need work, in their order.
  public let jobs: [PlannedJob]
  /// A person has asked that they be inferred anew, whatever is there: results, and networks of earlier runs.
  public let retrains: Bool
  /// Of the session's root: higher first.
  public let priority: Int

  /// What determines the work's results.
  var fingerprints: [String] { jobs.map(\.fingerprint) }
}

extension SessionStanding {
  /// One or two words, as in the status file.
  public var name: String {
    switch self {
    case .settling(_, let keepsChanging): keepsChanging ? "keeps changing" : "settling"
    case .waiting: "waiting"
    case .inspecting: "inspecting"
    case .unready(.incomplete, _): "incomplete"
    case .unready(.notSorted, _): "not sorted"
    case .unready(.beingResorted, _): "being re-sorted"
    case .unready(.noSortedUnits, _): "no sorted units"
    case .needsRecovery: "needs recovery"
    case .backlog: "backlog"
    case .done(let current, let foreign): current == 0 && foreign > 0 ? "foreign" : "done"
    case .queued: "queued"
    case .blocked: "blocked"
    case .postponed: "postponed"
    case .bad: "bad"
    case .sameAs: "same"
    }
  }

  /// Why it stands there, and what a person can do, in a sentence.
  public var reason: String {
    switch self {
    case .settling(_, let keepsChanging):
      keepsChanging
        ? "its files have been changing for more than ten minutes; is a script still writing them?"
        : "its files must have been still for a while first"
    case .waiting: "its files are still; it is inspected next"
    case .inspecting: "it is being read"
    case .unready(_, let failure), .bad(let failure, _), .blocked(let failure, _), .postponed(let failure, _):
      failure.description
    case .needsRecovery(let directories, _):
      "an interrupted commit has left a journal in \(directories.joined(separator: ", ")); run blechctl recover on it"
    case .backlog(let backlog):
      "it was sorted on \(backlog.sorted), before \(backlog.limit), since when sessions of this root are taken; "
        + "blechctl process takes it all the same, and backlog in the configuration takes all of them"
    case .done(let current, 0): "all \(current) results are up to date"
    case .done(let current, let foreign):
      "\(foreign) results were written by another program and are kept"
        + (current > 0 ? "; \(current) are up to date" : "")
        + "; existing_results: replace would replace them"
    case .queued(let work):
      "\(work.jobs.count) of \(work.inspection.jobs.count) jobs are to be inferred: \(work.summary)"
    case .sameAs(let path): "it is the same directory as \(path.shown)"
    }
  }
}

extension SessionWork {
  /// A hostile session may have thousands.
  private static let mostNamed = 8

  /// Which jobs, and why: "region gc, taste 0 (new)".
  var summary: String {
    let named = jobs.prefix(Self.mostNamed).map { job in
      let cause =
        switch job.existing {
        case .none: "new"
        case .stale: "data or parameters have changed"
        case .foreign: "another program's result is replaced"
        case .current: "asked for"
        }
      return "\(job.identity) (\(cause))"
    }
    let others = jobs.count - named.count
    return named.joined(separator: ", ") + (others > 0 ? " and \(others) more" : "")
  }
}

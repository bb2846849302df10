import Vocabulary
import Watching

/// Why a session stands where it does: the chain of decisions, in their order, as far as it goes.
public struct SessionExplanation: Codable, Equatable, Sendable {
  public enum Answer: String, Codable, Sendable {
    case yes
    case no
    case unknown
  }

  public struct Step: Codable, Equatable, Sendable {
    public let question: String
    public let answer: Answer
    public let detail: String
  }

  public struct Job: Codable, Equatable, Sendable {
    public let region: String
    public let taste: String
    public let tasteName: String
    public let fingerprint: String
    /// none, current, stale or foreign.
    public let existing: String
    /// Whether it is to be inferred.
    public let needed: Bool
  }

  /// What a watch knows of the directory.
  public enum Watched: Equatable, Sendable {
    /// - Parameters:
    ///   - isKnown: whether it has been seen as a directory that may become a session.
    ///   - settle: how long its files must be still.
    case below(root: String, backend: String, isKnown: Bool, settle: Duration)
    case outside(roots: [String])
    /// No daemon runs; the configuration names these roots.
    case unwatched(roots: [String])
  }

  public let version = 1
  public let directory: String
  /// Whether a daemon answered, or this was put together without one.
  public let live: Bool
  public let steps: [Step]
  public let jobs: [Job]
  /// In one or two words.
  public let state: String
  public let reason: String

  private enum CodingKeys: String, CodingKey {
    case version, directory, live, steps, jobs, state, reason
  }

  /// - Parameters:
  ///   - standing: as the daemon has it, if one runs and knows the session.
  ///   - outcome: of an inspection at this moment; nil where none was made.
  ///   - root: how sessions of the root are judged; nil where it lies below none.
  ///   - request: what a person has asked for it and is not over.
  ///   - work: what the queue says of a session that is queued.
  ///   - sameAs: the path that the daemon knows the session by, where it is another one; `standing`, `request` and `work`
  ///     are that one's.
  public init(
    directory: String, watched: Watched, standing: SessionStanding?, outcome: InspectionOutcome?,
    root: IntakeRoot?, replacesForeign: Bool = false, request: SessionRequest? = nil,
    work: (state: String, reason: String)? = nil, sameAs: String? = nil
  ) {
    let retrains = request == .retrain
    self.directory = directory
    if case .unwatched = watched { live = false } else { live = true }
    var inspection: Inspection?
    if case .inspected(let found) = outcome { inspection = found }
    let judged = outcome.map { outcome in
      Judgement(
        root: root ?? IntakeRoot(backlog: .all),
        source: SessionSource(directory: directory, replacesForeign: replacesForeign), now: .now, attempts: 0,
        retrains: retrains, ignoresBacklog: retrains || request == .process
      ).standing(after: outcome)
    }
    var isLeftAlone = false
    if case .backlog = judged { isLeftAlone = true }
    jobs = (inspection?.jobs ?? []).map { job in
      Job(
        region: job.identity.region, taste: "\(job.identity.taste)", tasteName: job.tasteName,
        fingerprint: job.fingerprint, existing: job.existing.rawValue,
        needed: !isLeftAlone && job.needsWork(retrains: retrains, replacesForeign: replacesForeign))
    }
    let final = standing ?? judged
    steps = Self.chain(watched, sameAs, standing, outcome, judged, isDateKnown: root != nil)
    switch (watched, final) {
    case (.outside, _):
      (state, reason) = ("not watched", "it does not lie below a watched folder, or is excluded")
    case (.below(_, _, false, _), _):
      (state, reason) = (
        "not watched",
        "the daemon knows no session here: there is no .h5 and no .info, it lies below another session, or it has not "
          + "been looked at yet"
      )
    case (_, .queued(let queued)): (state, reason) = work ?? ("queued", SessionStanding.queued(queued).reason)
    case (_, let final?): (state, reason) = (final.name, final.reason)
    case (_, nil): (state, reason) = ("unknown", "nothing is known of it")
    }
  }

  private static func chain(
    _ watched: Watched, _ sameAs: String?, _ standing: SessionStanding?, _ outcome: InspectionOutcome?,
    _ judged: SessionStanding?, isDateKnown: Bool
  ) -> [Step] {
    var steps = [seen(watched, sameAs)]
    if case .outside = watched { return steps }
    steps.append(settled(watched, standing))
    switch outcome {
    case nil: return steps
    case .needsRecovery(let directories):
      let detail = "a journal lies in \(directories.joined(separator: ", "))"
      return steps + [Step(question: "whole?", answer: .no, detail: detail)]
    case .failed(let failure): return steps + afterFailure(failure)
    case .inspected(let inspection):
      return steps + afterInspection(inspection, judged, isDateKnown: isDateKnown)
    }
  }

  private static func afterInspection(
    _ inspection: Inspection, _ judged: SessionStanding?, isDateKnown: Bool
  ) -> [Step] {
    let tastes = Set(inspection.jobs.flatMap(\.digIns)).count
    var steps = [
      Step(
        question: "complete?", answer: .yes,
        detail: "\(inspection.h5), its .info, and \(tastes) tastes with trials"),
      sorted(inspection), new(inspection, judged, isDateKnown: isDateKnown), work(inspection, judged),
    ]
    if let obstacle = inspection.obstacle {
      steps.append(Step(question: "writable?", answer: .no, detail: obstacle.description))
    }
    return steps
  }

  private static func new(_ inspection: Inspection, _ judged: SessionStanding?, isDateKnown: Bool) -> Step {
    if case .backlog(let backlog) = judged {
      return Step(question: "new?", answer: .no, detail: "sorted \(backlog.sorted), before \(backlog.limit)")
    }
    guard isDateKnown else {
      return Step(
        question: "new?", answer: .unknown,
        detail: "only known of sessions below a folder that has been watched before")
    }
    return Step(question: "new?", answer: .yes, detail: "not of the backlog")
  }

  private static func work(_ inspection: Inspection, _ judged: SessionStanding?) -> Step {
    let counts = [ExistingResult.current, .stale, .foreign, .none].compactMap { existing -> String? in
      let count = inspection.jobs.count { $0.existing == existing }
      return count == 0 ? nil : "\(count) \(existing == .none ? "not there yet" : existing.rawValue)"
    }
    let isNeeded =
      switch judged {
      case .queued, .blocked: true
      default: false
      }
    return Step(
      question: "work?", answer: isNeeded ? .yes : .no,
      detail: "\(inspection.jobs.count) jobs: \(counts.joined(separator: ", "))")
  }

  private static func seen(_ watched: Watched, _ sameAs: String?) -> Step {
    switch watched {
    case .below(let root, let backend, let isKnown, _):
      Step(
        question: "seen?", answer: isKnown ? .yes : .no,
        detail: "below \(root), watched by \(backend)" + (sameAs.map { ", the same folder as \($0)" } ?? "")
          + (isKnown
            ? "" : "; there is no .h5 and no .info in it, it lies below another session, or it is hidden"))
    case .outside(let roots):
      Step(question: "seen?", answer: .no, detail: "not below \(roots.joined(separator: ", ")), or excluded")
    case .unwatched(let roots):
      Step(
        question: "seen?", answer: .unknown,
        detail: "no daemon runs"
          + (roots.isEmpty ? "" : "; the configuration names \(roots.joined(separator: ", "))"))
    }
  }

  private static func settled(_ watched: Watched, _ standing: SessionStanding?) -> Step {
    guard case .below(_, _, true, let settle) = watched, let standing else {
      return Step(question: "settled?", answer: .unknown, detail: "only a running daemon knows")
    }
    if case .settling = standing { return Step(question: "settled?", answer: .no, detail: standing.reason) }
    return Step(
      question: "settled?", answer: .yes,
      detail: "its files have not changed for \(settle.formattedSeconds) s")
  }

  private static func afterFailure(_ failure: Failure) -> [Step] {
    let complete = Step(question: "complete?", answer: .yes, detail: "what a session consists of is there")
    switch failure.unreadiness {
    case .incomplete: return [Step(question: "complete?", answer: .no, detail: failure.description)]
    case .notSorted, .beingResorted, .noSortedUnits:
      return [complete, Step(question: "sorted?", answer: .no, detail: failure.description)]
    case nil: return [Step(question: "readable?", answer: .no, detail: failure.description)]
    }
  }

  private static func sorted(_ inspection: Inspection) -> Step {
    guard let evidence = inspection.sorting else {
      return Step(
        question: "sorted?", answer: .yes, detail: "there is no execution_log.json, and none is required")
    }
    return Step(
      question: "sorted?", answer: .yes,
      detail: "execution_log.json: \(evidence.script) completed \(evidence.completed)")
  }
}

extension Duration {
  /// Seconds without needless decimals.
  var formattedSeconds: String {
    let seconds = self / .seconds(1)
    return seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)"
  }
}

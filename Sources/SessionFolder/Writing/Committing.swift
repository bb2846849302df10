import FileAccess
import FoundationEssentials
import HDF5File
import Parameters
import SystemPackage
import Vocabulary

/// The one change that puts a session's results into its .h5.
public struct Commit {
  private let source: SessionSource
  private let inspection: Inspection
  private let jobs: [PlannedJob]
  private let pipelineWait: Duration?

  /// - Parameters:
  ///   - inspection: what the results were inferred from.
  ///   - jobs: those of the inspection that have results.
  ///   - pipelineWait: how long after its beginning a script of the session's log is waited for; nil: not at all.
  public init(
    _ source: SessionSource, _ inspection: Inspection, jobs: [JobIdentity], pipelineWait: Duration? = nil
  ) {
    self.source = source
    self.inspection = inspection
    self.jobs = inspection.jobs.filter { jobs.contains($0.identity) }
    self.pipelineWait = pipelineWait
  }

  private typealias LoadedResult = (job: PlannedJob, result: StoredResult)

  /// Writes the artifacts, then the .h5, in that order, while the .h5 is locked.
  ///
  /// - Parameter load: one job's result, or nil where it is gone. All are loaded before anything is written.
  /// - Throws: `Failure`; with `.temporary` where another program has the .h5 open.
  public func run(_ load: (PlannedJob) throws -> StoredResult?) throws(Failure) -> CommitAnswer {
    try SessionReading.describing {
      // Before the lock: others wait no longer than they must.
      var results: [LoadedResult] = []
      var missing: [JobIdentity] = []
      for job in jobs {
        if let result = try load(job) { results.append((job, result)) } else { missing.append(job.identity) }
      }
      guard missing.isEmpty else { return .missing(missing) }
      let session = try Session(at: source.directory)
      let place = try ResultsPlace.making(for: session, source)
      // The watch takes a file that was opened for writing for a changed one: not before there is something to write.
      try H5Transaction.checkClosedElsewhere(place.file)
      if let waiting = try waiting(session) { return waiting }
      let start = ContinuousClock.now
      return try H5Transaction.locking(place.file) { transaction in
        if let postponement = try postponement(session) { return postponement }
        return .committed(try write(results, into: place, transaction, since: start))
      }
    }
  }

  private func write(
    _ results: [LoadedResult], into place: ResultsPlace, _ transaction: H5Transaction,
    since start: ContinuousClock.Instant
  ) throws -> CommitSummary {
    let writer = try ResultsWriter(inspection, finishedAt: Date.now.formatted(.iso8601))
    try writeArtifacts(of: results, in: place)
    let receipt = try transaction.change {
      try writer.write(results, into: $0)
    } verifying: {
      try writer.check(results, in: $0, path: place.h5Path)
    }
    return CommitSummary(
      h5: place.h5Path, bytes: writer.bytes(of: jobs),
      ms: (ContinuousClock.now - start) / .milliseconds(1), exposedMs: receipt.exposed / .milliseconds(1))
  }

  /// Why nothing is to be written now, or nil.
  private func postponement(_ session: Session) throws -> CommitAnswer? {
    if let waiting = try waiting(session) { return waiting }
    return try difference(session).map { .outdated($0) }
  }

  /// For a script of the pipeline.
  private func waiting(_ session: Session) throws -> CommitAnswer? {
    guard let pipelineWait, let log = try log(of: session),
      let wait = log.unfinished.longestWait(pipelineWait, now: LocalTime.now)
    else { return nil }
    return .waiting(wait.script, until: wait.until)
  }

  /// The log as it is now. A script that begins or ends rewrites it in place.
  private func log(of session: Session) throws(Failure) -> ExecutionLog? {
    do {
      return try session.executionLog(source)
    } catch {
      guard error.code == .badData else { throw error }
      throw Failure(.temporary, error.place, error.what, remedy: error.remedy)
    }
  }

  /// What has changed since the inspection, or nil. Stamps that stand still prove that nothing did; where they moved, the
  /// content decides.
  private func difference(_ session: Session) throws -> String? {
    if try session.stamps() == inspection.stamps { return nil }
    let now: Inspection
    do throws(Failure) {
      now = try SessionReading(of: source).inspection
    } catch {
      // It could be read, so it has changed.
      guard error.unreadiness != nil || error.code == .badData else { throw error }
      return error.description
    }
    for job in jobs {
      let found = now.jobs.first { $0.identity == job.identity && $0.fingerprint == job.fingerprint }
      guard let found else {
        return "has changed while \(job.identity) was inferred; the results are thrown away"
      }
      guard found.existing != .foreign || job.existing == .foreign || source.replacesForeign else {
        return "another program has written results of \(job.identity) meanwhile (--retrain replaces them)"
      }
    }
    return nil
  }

  private func writeArtifacts(of results: [LoadedResult], in place: ResultsPlace) throws {
    let artifacts = try Artifacts.making(in: place)
    try artifacts.removeLeftovers()
    for (job, result) in results {
      try artifacts.write(result, of: job.identity, inspection.parameters)
    }
    try artifacts.write(inspection.parameters)
    try artifacts.updateWarnings(results.map { ($0.job.identity, $0.result.summary.warnings) })
  }
}

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
  private let pipelineWait: Int64?

  /// - Parameters:
  ///   - inspection: what the results were inferred from.
  ///   - jobs: those of the inspection that have results.
  ///   - pipelineWait: how long after its beginning a script that has not ended is waited for, in seconds; nil does not
  ///     look for any.
  public init(
    _ source: SessionSource, _ inspection: Inspection, jobs: [JobIdentity], pipelineWait: Int64? = nil
  ) {
    self.source = source
    self.inspection = inspection
    self.jobs = inspection.jobs.filter { jobs.contains($0.identity) }
    self.pipelineWait = pipelineWait
  }

  /// Why nothing may be written as things are.
  private struct Refusal: Error {
    let answer: CommitAnswer
  }

  /// Writes the artifacts, then the .h5, in that order, while the .h5 is locked.
  ///
  /// - Parameter load: one job's result; nil where it is not there. All are loaded before anything is written.
  /// - Throws: `Failure`; with `.temporary` where another program has the .h5 open.
  public func run(_ load: (PlannedJob) throws -> StoredResult?) throws(Failure) -> CommitAnswer {
    try SessionReading.describing {
      let session = try Session(at: source.directory)
      let place = try ResultsPlace.making(for: session, source)
      let writer = try ResultsWriter(inspection, finishedAt: Date.now.formatted(.iso8601))
      // Before the lock: others wait no longer than they must.
      let loaded = try jobs.map { (job: $0, result: try load($0)) }
      let missing = loaded.filter { $0.result == nil }.map(\.job.identity)
      guard missing.isEmpty else { return .missing(missing) }
      let results = loaded.compactMap { job, result in result.map { (job: job, result: $0) } }
      let start = ContinuousClock.now
      do {
        let receipt = try H5Transaction.locking(place.file) { transaction in
          try checkUnused(session)
          try checkUnchanged(session)
          try writeArtifacts(of: results, in: place)
          return try transaction.change {
            try writer.write(results, into: $0)
          } verifying: {
            try writer.check(results, in: $0, path: place.h5Path)
          }
        }
        return .committed(
          CommitSummary(
            h5: place.h5Path, bytes: writer.bytes(of: jobs),
            ms: (ContinuousClock.now - start) / .milliseconds(1),
            exposedMs: receipt.exposed / .milliseconds(1)))
      } catch let refusal as Refusal {
        return refusal.answer
      }
    }
  }

  /// A script of the pipeline opens the .h5 for writing whenever it gets to that, and fails if it cannot.
  private func checkUnused(_ session: Session) throws {
    guard let pipelineWait, !source.ignoresExecutionLog, let script = try session.executionLog()?.unfinished,
      let end = script.waitedFor(pipelineWait, now: Int64(Date.now.timeIntervalSince1970))
    else { return }
    throw Refusal(answer: .waiting(script.failure(in: source.directory), until: end))
  }

  /// Stamps that stand still prove that nothing changed; where they moved, the content decides.
  private func checkUnchanged(_ session: Session) throws {
    if try session.stamps() == inspection.stamps { return }
    let now = try SessionReading(of: source).inspection
    for job in jobs {
      let found = now.jobs.first { $0.identity == job.identity && $0.fingerprint == job.fingerprint }
      guard let found else {
        throw Refusal(answer: .outdated("the session has changed while \(job.identity) was inferred"))
      }
      guard found.existing != .foreign || job.existing == .foreign || source.replacesForeign else {
        throw Refusal(answer: .outdated("another program has written results of \(job.identity) meanwhile"))
      }
    }
  }

  private func writeArtifacts(
    of results: [(job: PlannedJob, result: StoredResult)], in place: ResultsPlace
  ) throws {
    let artifacts = try Artifacts.making(in: place)
    for (job, result) in results {
      try artifacts.write(result, of: job.identity, inspection.parameters)
    }
    try artifacts.write(inspection.parameters)
    try artifacts.updateWarnings(results.map { ($0.job.identity, $0.result.summary.warnings) })
  }
}

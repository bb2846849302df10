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

  /// - Parameters:
  ///   - inspection: what the results were inferred from.
  ///   - jobs: those of the inspection that have results.
  public init(_ source: SessionSource, _ inspection: Inspection, jobs: [JobIdentity]) {
    self.source = source
    self.inspection = inspection
    self.jobs = inspection.jobs.filter { jobs.contains($0.identity) }
  }

  /// Writes the artifacts, then the .h5, in that order, while the .h5 is locked.
  ///
  /// - Parameter load: one job's result. All are loaded before anything is written.
  /// - Throws: `Failure`; with `.temporary` where the session's data are no longer those of the inspection.
  public func run(_ load: (PlannedJob) throws -> StoredResult) throws(Failure) -> CommitSummary {
    try SessionReading.describing {
      let session = try Session(at: source.directory)
      let place = try ResultsPlace.making(for: session, source)
      let writer = try ResultsWriter(inspection, finishedAt: Date.now.formatted(.iso8601))
      // Before the lock: others wait no longer than they must.
      let results = try jobs.map { (job: $0, result: try load($0)) }
      let start = ContinuousClock.now
      let receipt = try H5Transaction.locking(place.file) { transaction in
        try checkUnchanged(session)
        try writeArtifacts(of: results, in: place)
        return try transaction.change {
          try writer.write(results, into: $0)
        } verifying: {
          try writer.check(results, in: $0, path: place.h5Path)
        }
      }
      return CommitSummary(
        h5: place.h5Path, bytes: writer.bytes(of: jobs),
        ms: (ContinuousClock.now - start) / .milliseconds(1), exposedMs: receipt.exposed / .milliseconds(1))
    }
  }

  /// Stamps that stand still prove that nothing changed; where they moved, the content decides.
  private func checkUnchanged(_ session: Session) throws {
    if try session.stamps() == inspection.stamps { return }
    let now = try SessionReading(of: source).inspection
    let path = session.directory.path(of: session.h5)
    for job in jobs {
      let found = now.jobs.first { $0.identity == job.identity && $0.fingerprint == job.fingerprint }
      guard let found else {
        throw Failure(
          .temporary, path, "has changed while \(job.identity) was inferred; the results are thrown away",
          remedy: "try again")
      }
      guard found.existing != .foreign || job.existing == .foreign || source.replacesForeign else {
        throw Failure(
          .temporary, path, "another program has written results of \(job.identity) meanwhile",
          remedy: "try again, with --retrain to replace them")
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

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
  /// - Parameter load: one job's result. Called twice for each job: for its artifacts, which also shows that every
  ///   result is whole before the .h5 is touched, and for the .h5; so memory holds one at a time.
  /// - Throws: `Failure`; with `.temporary` where the session's data are no longer those of the inspection.
  public func run(_ load: (PlannedJob) throws -> StoredResult) throws(Failure) -> (h5: String, bytes: Int) {
    try SessionReading.describing {
      let session = try Session(at: source.directory)
      let place = try ResultsPlace.making(for: session, source)
      let descriptor = try place.directory.openFile(place.h5, forWriting: true)
      defer { try? descriptor.close() }
      return try H5Transaction.locking(descriptor, path: place.h5Path) { file in
        try checkUnchanged(session)
        try writeArtifacts(in: place, load)
        let writer = try ResultsWriter(inspection, finishedAt: Date.now.formatted(.iso8601))
        try file.change(growth: writer.growth(for: jobs)) { root in
          for job in jobs { try writer.write(try load(job), of: job, into: root) }
        }
        return (place.h5Path, writer.bytes(of: jobs))
      }
    }
  }

  /// Stamps that stand still prove that nothing changed; where they moved, the content decides.
  private func checkUnchanged(_ session: Session) throws {
    if try session.stamps() == inspection.stamps { return }
    let now = try SessionReading(of: source).inspection
    for job in jobs {
      guard now.jobs.contains(where: { $0.identity == job.identity && $0.fingerprint == job.fingerprint })
      else {
        throw Failure(
          .temporary, session.directory.path(of: session.h5),
          "has changed while \(job.identity) was inferred; the results are thrown away", remedy: "try again")
      }
    }
  }

  private func writeArtifacts(in place: ResultsPlace, _ load: (PlannedJob) throws -> StoredResult) throws {
    let artifacts = try Artifacts.making(in: place)
    var warnings: [(job: JobIdentity, warnings: [String])] = []
    for job in jobs {
      let result = try load(job)
      try artifacts.write(result, of: job.identity)
      warnings.append((job.identity, result.summary.warnings))
    }
    try artifacts.write(inspection.parameters)
    try artifacts.updateWarnings(warnings)
  }
}

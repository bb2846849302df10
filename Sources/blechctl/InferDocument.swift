import Jobs
import Vocabulary

/// The JSON document that `infer --json` prints; names in snake case.
struct InferDocument: Encodable {
  struct Session: Encodable {
    let directory: String
    /// done, nothing_to_do, partial or failed.
    let state: String
    let name: String?
    /// The .h5 that was written.
    let h5: String?
    let commit: Commit?
    let notices: [String]
    let jobs: [Job]
    /// Why the session as a whole failed.
    let error: Failure?
  }

  struct Commit: Encodable {
    /// Of the arrays that were written.
    let bytes: Int
    /// From taking the .h5's lock to giving it back.
    let ms: Double
    /// Of that, while the .h5 was neither its old nor its new self.
    let exposedMs: Double
  }

  struct Job: Encodable {
    let region: String
    /// The taste's index, or `all`.
    let taste: String
    let tasteName: String
    let digIns: [String]
    let units: Int
    let trials: Int
    /// inferred, up_to_date, kept or failed.
    let state: String
    let result: JobSummary?
    let error: Failure?
  }

  let version = 1
  let exitCode: Int32
  let sessions: [Session]
}

extension InferDocument.Session {
  init(_ result: SessionResult) {
    switch result.outcome {
    case .failure(let failure):
      self.init(
        directory: result.directory, state: "failed", name: nil, h5: nil, commit: nil, notices: [], jobs: [],
        error: failure)
    case .success(let report):
      var (committed, error): (CommitSummary?, Failure?) = (nil, nil)
      switch report.commit {
      case .committed(let summary): committed = summary
      case .failed(let failure): error = failure
      case nil: break
      }
      let state =
        report.hasNothingToDo
        ? "nothing_to_do" : report.failures.isEmpty ? "done" : report.hasSuccess ? "partial" : "failed"
      self.init(
        directory: result.directory, state: state, name: report.inspection.name, h5: committed?.h5,
        commit: committed.map { InferDocument.Commit(bytes: $0.bytes, ms: $0.ms, exposedMs: $0.exposedMs) },
        notices: report.inspection.notices,
        jobs: report.inspection.jobs.compactMap { job in
          report.jobs[job.identity].map { InferDocument.Job(job, $0) }
        }, error: error)
    }
  }
}

extension InferDocument.Job {
  init(_ job: PlannedJob, _ outcome: JobOutcome) {
    let (state, result, error): (String, JobSummary?, Failure?) =
      switch outcome {
      case .inferred(let summary): ("inferred", summary, nil)
      case .upToDate: ("up_to_date", nil, nil)
      case .keptForeign: ("kept", nil, nil)
      case .failed(let failure): ("failed", nil, failure)
      }
    self.init(
      region: job.identity.region, taste: "\(job.identity.taste)", tasteName: job.tasteName,
      digIns: job.digIns,
      units: job.unitRows.count, trials: job.trials, state: state, result: result, error: error)
  }
}

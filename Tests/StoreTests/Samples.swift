import Parameters
import Store
import Vocabulary

/// Records with something in every place.
enum Sample {
  static let failure = Failure(
    .badData, "/data/a/x.h5", "is \"odd\"\n\u{0}", remedy: "mend it", unreadiness: .notSorted)

  static let summary = JobSummary(
    origin: .savedModel, units: 12, trials: 30, steps: 900, bestStep: 799, trainingLoss: 0.1 + 0.2,
    validationLoss: .infinity, bitsPerSpike: -0.25, psthBitsPerSpike: 1e-300, seconds: 12.5,
    warnings: ["one", "zwei – drei"])

  /// Every job of `states` is of this taste, in order.
  static let states: [JobRecord.State] = [
    .queued, .running, .retrying(dueAt: 77, failure), .inferred(summary), .failed(failure), .cancelled,
  ]

  static func session(
    _ path: String, _ phase: SessionRecord.Phase = .queued, arrivedAt: Int64 = 100
  ) -> SessionRecord {
    SessionRecord(path: path, phase: phase, arrivedAt: arrivedAt, firstAt: 120, request: .retrain)
  }

  static func job(
    _ path: String, _ taste: Int, _ state: JobRecord.State = .queued, region: String = "gc"
  ) -> JobRecord {
    JobRecord(
      path: path, job: JobIdentity(region: region, taste: .index(taste)), fingerprint: "f\(taste)",
      state: state,
      attempts: 3, breaches: 1)
  }

  static func attempt(_ id: Int64, _ path: String = "/data/a", beganAt: Int64 = 1000) -> AttemptRecord {
    AttemptRecord(
      id: id, path: path, work: .inference(JobIdentity(region: "pc", taste: .all), fingerprint: "abc"),
      number: 2, executor: "local", handle: "unit-\(id)", beganAt: beganAt)
  }

  static func end(_ id: Int64, log: String = "") -> AttemptEnd {
    AttemptEnd(
      id: id, endedAt: 2000, reason: .outOfMemory, failure: failure, summary: summary,
      use: ResourceUse(cpuSeconds: 3.5, peakMemoryBytes: 1 << 40), log: log)
  }

  static func inspection(modified: Int64 = 5) -> Inspection {
    let stamp = Stamp(device: .max, inode: 9, size: 10, modified: modified, changed: 6)
    let job = PlannedJob(
      identity: JobIdentity(region: "all", taste: .index(1)), digIns: ["dig_in_1"], tasteName: "NaCl",
      unitRows: [0, 2], trialsPerTaste: [15], laserTrials: 0, fingerprint: "cafe", existing: .stale)
    return Inspection(
      name: "x", h5: "x.h5", stamps: ["x.h5": stamp],
      sorting: SortingEvidence(script: "s.py", completed: "now"),
      parameters: .default, stimulus: 2000, jobs: [job], notices: ["a notice"], obstacle: failure)
  }

  /// A session with a job in every state.
  static func changes(_ path: String) -> [StoreChange] {
    [.session(session(path, .working))] + states.enumerated().map { .job(job(path, $0, $1)) }
  }
}

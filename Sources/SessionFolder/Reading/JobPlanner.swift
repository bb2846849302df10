import HDF5File
import Inference
import Parameters
import Vocabulary

/// Divides a session into jobs. Decides only; reads nothing but what results exist.
struct JobPlanner {
  let parameters: InferenceParameters
  let window: AnalysisWindow
  let info: SessionInfo
  let tastes: [SpikeTrains.Taste]
  /// By taste index.
  let counts: [Int: SpikeCounts]

  /// - Parameter existing: the group that holds the results, if there is one.
  func jobs(for groups: [UnitGroup], existing: H5Group?) throws(H5Error) -> [PlannedJob] {
    var jobs: [PlannedJob] = []
    for group in groups {
      for (identity, members) in tasteGroups {
        var job = plan(group, identity, members)
        job.existing = try ResultsPlace.existing(
          job.identity, fingerprint: job.fingerprint, stimulus: window.stimulus, in: existing)
        jobs.append(job)
      }
    }
    return jobs
  }

  private var tasteGroups: [(TasteIdentity, [SpikeTrains.Taste])] {
    // A taste that was asked for may be gone: then there is nothing to pool.
    if tastes.isEmpty { return [] }
    return parameters.separateTastes ? tastes.map { (.index($0.index), [$0]) } : [(.all, tastes)]
  }

  private func plan(
    _ group: UnitGroup, _ identity: TasteIdentity, _ members: [SpikeTrains.Taste]
  ) -> PlannedJob {
    let trialsPerTaste = members.map(\.trials)
    let fingerprint = Fingerprint(
      counts: JobData.pooled(members.map(\.index), of: counts, units: group.rows),
      trialsPerTaste: trialsPerTaste, taste: identity, unitRows: group.rows, stimulusBin: window.stimulusBin,
      parameters: parameters)
    return PlannedJob(
      identity: JobIdentity(region: group.region, taste: identity), digIns: members.map(\.digIn),
      tasteName: members.count == 1 && identity != .all
        ? info.tasteName(ofDigIn: members[0].digIn) ?? members[0].digIn : "all",
      unitRows: group.rows, trialsPerTaste: trialsPerTaste,
      laserTrials: members.reduce(0) { $0 + $1.laserTrials }, fingerprint: fingerprint.hex, existing: .none)
  }
}

/// Which counts belong to a job.
enum JobData {
  static func pooled(_ tastes: [Int], of counts: [Int: SpikeCounts], units rows: [Int]) -> SpikeCounts {
    SpikeCounts(pooling: tastes.map { counts[$0]! }).selecting(units: rows)
  }
}

extension SessionReading {
  /// The inference of one planned job.
  ///
  /// - Throws: `Failure` where the job is not (or no longer) what was planned, or has too few trials.
  public func inference(of planned: PlannedJob) throws(Failure) -> InferenceJob {
    guard let job = inspection.jobs.first(where: { $0.identity == planned.identity }),
      job.fingerprint == planned.fingerprint
    else {
      throw Failure(
        .temporary, "\(inspection.h5), \(planned.identity)", "has changed since it was inspected",
        remedy: "try again")
    }
    let tastes: [Int] =
      switch job.identity.taste {
      case .index(let index): [index]
      case .all: counts.keys.sorted()
      }
    return try Self.describing {
      try InferenceJob(
        counts: JobData.pooled(tastes, of: counts, units: job.unitRows), trialsPerTaste: job.trialsPerTaste,
        taste: job.identity.taste, unitRows: job.unitRows, window: window, parameters: inspection.parameters)
    }
  }
}

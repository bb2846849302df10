import FoundationEssentials
import HDF5File
import Parameters
import Vocabulary

/// Writes one job's results into the .h5 as upstream's script does:
/// `/rnn_output/regions/region_<region>_taste_<taste>/{pred_firing, latent_out, pred_x}`, and what blechd adds.
struct ResultsWriter {
  private let inspection: Inspection
  private let window: AnalysisWindow
  private let finishedAt: String

  /// The arrays of a job's group.
  static let arrays = ["pred_firing", "latent_out", "pred_x", "time_ms", "unit_index"]

  /// Bytes that a job's group needs at most, beside its arrays: headers, names, attributes.
  private static let overhead = 64 << 10

  /// - Parameter finishedAt: ISO 8601, UTC.
  init(_ inspection: Inspection, finishedAt: String) throws(ParameterError) {
    self.inspection = inspection
    self.finishedAt = finishedAt
    // The inspection checked the window against the trial.
    window = try AnalysisWindow(
      inspection.parameters, trialDuration: inspection.parameters.timeLims.end, stimulus: inspection.stimulus)
  }

  /// An upper bound on what the results of `jobs` add to the file, in bytes.
  func growth(for jobs: [PlannedJob]) -> Int { bytes(of: jobs) + (jobs.count + 1) * Self.overhead }

  /// Bytes of the arrays of `jobs`.
  func bytes(of jobs: [PlannedJob]) -> Int {
    let (bins, hidden) = (window.outputBins, inspection.parameters.hiddenSize)
    return jobs.reduce(0) { sum, job in
      let units = job.unitRows.count
      return sum + job.trials * units * bins * 8 + bins * job.trials * hidden * 4 + bins * 16 + units * 8
    }
  }

  /// The first attribute that a group gets: it tells an unfinished group from another program's.
  static let softwareName = "software"
  /// The last one: a group without it is unfinished.
  static let fingerprintName = "fingerprint"

  /// Replaces the groups of the jobs; every other group stays as it is.
  func write(_ results: [(job: PlannedJob, result: StoredResult)], into root: H5Group) throws {
    let regions = try root.groupCreatingIfNeeded(ResultsPlace.outputGroup)
      .groupCreatingIfNeeded(ResultsPlace.regionsGroup)
    // The space of what is removed is used again. Should the process die meanwhile, the old groups must not
    // look valid.
    for (job, _) in results {
      if case .group(let old) = try regions.child(job.identity.groupName) {
        try old.removeAttribute(Self.fingerprintName)
      }
    }
    try root.flush()
    for (job, result) in results { try write(result, of: job, into: regions) }
  }

  private func write(_ result: StoredResult, of job: PlannedJob, into regions: H5Group) throws {
    let name = job.identity.groupName
    if try regions.contains(name) { try regions.remove(name) }
    let group = try regions.createGroup(name)
    try group.setAttribute(Self.softwareName, .text(Software.name))
    let (rates, latent) = (result.rates, result.latent)
    try group.createArray("pred_firing", rates.values, shape: [rates.trials, rates.units, rates.bins])
    try group.createArray("latent_out", latent.values, shape: [latent.bins, latent.trials, latent.features])
    try group.createArray("pred_x", window.outputTimes.map { Int64($0) }, shape: [window.outputBins])
    try group.createArray("time_ms", window.outputTimesFromStimulus, shape: [window.outputBins])
    try group.createArray("unit_index", job.unitRows.map { Int64($0) }, shape: [job.unitRows.count])
    for (name, value) in try attributes(of: result, job) { try group.setAttribute(name, value) }
    try group.setAttribute(Self.fingerprintName, .text(job.fingerprint))
  }

  /// HDF5 keeps attributes of up to 64 KiB; text that comes from a person's file is cut well before.
  private static func bounded(_ text: String) -> AttributeValue {
    var cut = text[...]
    while cut.utf8.count > 8000 { cut = cut.dropLast(max(1, (cut.utf8.count - 8000) / 4)) }
    return .text(String(cut))
  }

  private func attributes(
    of result: StoredResult, _ job: PlannedJob
  ) throws -> [(String, AttributeValue)] {
    let summary = result.summary
    let parameters = inspection.parameters
    return [
      ("dig_in", Self.bounded(job.digIns.joined(separator: ","))),
      ("taste_name", Self.bounded(job.tasteName)),
      ("region", .text(job.identity.region)),
      ("pred_firing_units", .text("spikes/bin")),
      ("bin_size_ms", .integer(Int64(parameters.binSize))),
      ("stimulus_ms", .integer(Int64(inspection.stimulus))),
      ("params", .text(try JSONText.encode(parameters))),
      ("model", .text(parameters.model.rawValue)),
      ("seed", .integer(Int64(parameters.seed))),
      ("test_trials", .integers([])),
      ("train_loss", .number(summary.trainingLoss ?? .nan)),
      ("validation_loss", .number(summary.validationLoss ?? .nan)),
      ("best_step", .integer(Int64(summary.bestStep ?? -1))),
      ("steps", .integer(Int64(summary.steps))),
      ("laser_trials", .integer(Int64(job.laserTrials))),
      ("warning", Self.bounded(summary.warnings.joined(separator: "; "))),
      ("finished_at", .text(finishedAt)),
    ]
  }
}

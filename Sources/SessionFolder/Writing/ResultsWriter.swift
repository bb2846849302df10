import FoundationEssentials
import Glibc
import HDF5File
import Parameters
import Vocabulary

/// Writes jobs' results into the .h5 as upstream's script does, and reads them back:
/// `/rnn_output/regions/region_<region>_taste_<taste>/{pred_firing, latent_out, pred_x}`, and what blechd adds.
struct ResultsWriter {
  private let inspection: Inspection
  private let window: AnalysisWindow
  private let finishedAt: String

  /// The arrays of a job's group.
  static let arrays = ["pred_firing", "latent_out", "pred_x", "time_ms", "unit_index"]

  /// Which program wrote a group.
  static let softwareName = "software"
  /// What it was inferred from.
  static let fingerprintName = "fingerprint"

  /// - Parameter finishedAt: ISO 8601, UTC.
  init(_ inspection: Inspection, finishedAt: String) throws(ParameterError) {
    self.inspection = inspection
    self.finishedAt = finishedAt
    // The inspection checked the window against the trial.
    window = try AnalysisWindow(
      inspection.parameters, trialDuration: inspection.parameters.timeLims.end, stimulus: inspection.stimulus)
  }

  /// Bytes of the arrays of `jobs`.
  func bytes(of jobs: [PlannedJob]) -> Int {
    let (bins, hidden) = (window.outputBins, inspection.parameters.hiddenSize)
    return jobs.reduce(0) { sum, job in
      let units = job.unitRows.count
      return sum + job.trials * units * bins * 8 + bins * job.trials * hidden * 4 + bins * 16 + units * 8
    }
  }

  // MARK: Writing

  /// Replaces the groups of the jobs; every other group stays as it is.
  func write(_ results: [(job: PlannedJob, result: StoredResult)], into root: H5Group) throws {
    let regions =
      try ResultsPlace.regions(in: root)
      ?? root.groupCreatingIfNeeded(ResultsPlace.outputGroup).createGroup(ResultsPlace.regionsGroup)
    // All that goes goes first: what lies together at the file's end is used again, and the file does not grow.
    for (job, result) in results where try regions.contains(job.identity.groupName) {
      if try !keeps(regions, job, arrays(of: result, job)) { try regions.remove(job.identity.groupName) }
    }
    for (job, result) in results {
      let group = try regions.groupCreatingIfNeeded(job.identity.groupName)
      for array in arrays(of: result, job) { try array.write(into: group) }
      for (name, value) in try attributes(of: result, job) { try group.setAttribute(name, value) }
    }
  }

  /// Whether the job's group can be written over. Nothing of another program's, or of an earlier version's, may stay
  /// in it, shapes and types must be the same, and what a person has linked to elsewhere in the file must stay as it is.
  private func keeps(_ regions: H5Group, _ job: PlannedJob, _ arrays: [StoredArray]) throws -> Bool {
    guard case .group(let group) = try regions.child(job.identity.groupName),
      try group.hasOneName, try group.attribute(Self.softwareName) == .text(Software.name),
      try Set(group.childNames()) == Set(Self.arrays)
    else { return false }
    return try arrays.allSatisfy { try $0.fits(in: group) }
  }

  // MARK: Reading back

  /// - Parameter path: how the failure names the file.
  /// - Throws: `Failure` where the file does not hold what `write` was given.
  func check(_ results: [(job: PlannedJob, result: StoredResult)], in root: H5Group, path: String) throws {
    let regions = try ResultsPlace.regions(in: root)
    for (job, result) in results {
      guard let group = try regions?.group(job.identity.groupName),
        try arrays(of: result, job).allSatisfy({ try $0.isStored(in: group) }),
        try attributes(of: result, job).allSatisfy({ try group.attribute($0)?.isIdentical(to: $1) == true })
      else {
        throw Failure(
          .internalError, "\(path), \(job.identity.groupName)", "is not read back as it was written",
          remedy: "please report this")
      }
    }
  }

  // MARK: What a group holds

  private enum StoredArray {
    case doubles(String, [Double], shape: [Int])
    case floats(String, [Float], shape: [Int])
    case integers(String, [Int64])

    func write(into group: H5Group) throws(H5Error) {
      switch self {
      case .doubles(let name, let values, let shape): try group.setArray(name, values, shape: shape)
      case .floats(let name, let values, let shape): try group.setArray(name, values, shape: shape)
      case .integers(let name, let values): try group.setArray(name, values, shape: [values.count])
      }
    }

    func fits(in group: H5Group) throws(H5Error) -> Bool {
      switch self {
      case .doubles(let name, _, let shape): try group.hasArray(name, of: Double.self, shape: shape)
      case .floats(let name, _, let shape): try group.hasArray(name, of: Float.self, shape: shape)
      case .integers(let name, let values): try group.hasArray(name, of: Int64.self, shape: [values.count])
      }
    }

    func isStored(in group: H5Group) throws(H5Error) -> Bool {
      func isStored<Element: H5Element>(_ name: String, _ values: [Element], _ shape: [Int])
        throws(H5Error) -> Bool
      {
        guard let array = try group.dataset(name), try array.shape() == shape else { return false }
        return try haveSameBits(array.readAll(as: Element.self), values)
      }
      return switch self {
      case .doubles(let name, let values, let shape): try isStored(name, values, shape)
      case .floats(let name, let values, let shape): try isStored(name, values, shape)
      case .integers(let name, let values): try isStored(name, values, [values.count])
      }
    }
  }

  private func arrays(of result: StoredResult, _ job: PlannedJob) -> [StoredArray] {
    let (rates, latent) = (result.rates, result.latent)
    return [
      .doubles("pred_firing", rates.values, shape: [rates.trials, rates.units, rates.bins]),
      .floats("latent_out", latent.values, shape: [latent.bins, latent.trials, latent.features]),
      .integers("pred_x", window.outputTimes.map { Int64($0) }),
      .doubles("time_ms", window.outputTimesFromStimulus, shape: [window.outputBins]),
      .integers("unit_index", job.unitRows.map { Int64($0) }),
    ]
  }

  /// HDF5 keeps attributes of up to 64 KiB; text that comes from a person's file is cut well before.
  private static func bounded(_ text: String) -> AttributeValue {
    var cut = text[...]
    // HDF5 would end it there.
    cut = cut.prefix { $0 != "\0" }
    while cut.utf8.count > 8000 { cut = cut.dropLast(max(1, (cut.utf8.count - 8000) / 4)) }
    return .text(String(cut))
  }

  private func attributes(
    of result: StoredResult, _ job: PlannedJob
  ) throws -> [(String, AttributeValue)] {
    let summary = result.summary
    let parameters = inspection.parameters
    return [
      (Self.softwareName, .text(Software.name)),
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
      (Self.fingerprintName, .text(job.fingerprint)),
    ]
  }
}

/// A number that is none is equal to none.
private func haveSameBits<Element: H5Element>(_ left: [Element], _ right: [Element]) -> Bool {
  left.count == right.count
    && left.withUnsafeBytes { left in
      right.withUnsafeBytes { right in
        left.isEmpty || memcmp(left.baseAddress!, right.baseAddress!, left.count) == 0
      }
    }
}

extension AttributeValue {
  /// Bit for bit: the loss of a network that was never trained is no number, and equal to none.
  fileprivate func isIdentical(to other: AttributeValue) -> Bool {
    if case .number(let own) = self, case .number(let others) = other {
      return own.bitPattern == others.bitPattern
    }
    return self == other
  }
}

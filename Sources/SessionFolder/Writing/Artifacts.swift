import Crypto
import FileAccess
import FoundationEssentials
import Inference
import Parameters
import RateNetwork
import SafeTensors
import Vocabulary

/// `rnn_output/artifacts`: the networks and how their training went, under upstream's names.
struct Artifacts {
  private let directory: OpenDirectory

  private static let name = "artifacts"
  private static let parametersName = "params.json"
  private static let warningsName = "warning.txt"
  /// Far above any network within the parameters' limits.
  private static let longestModel = 1 << 30

  /// The directory, or nil if there is none.
  static func existing(in place: ResultsPlace) throws(FileError) -> Artifacts? {
    guard let output = try place.directory.subdirectory(ResultsPlace.outputGroup),
      let directory = try output.subdirectory(name)
    else { return nil }
    return Artifacts(directory: directory)
  }

  static func making(in place: ResultsPlace) throws(FileError) -> Artifacts {
    let output = try place.directory.makeSubdirectory(ResultsPlace.outputGroup)
    return Artifacts(directory: try output.makeSubdirectory(name))
  }

  private static func stem(_ job: JobIdentity, _ parameters: InferenceParameters) -> String {
    "\(job.groupName)_hidden_\(parameters.hiddenSize)_loss_mse"
  }

  /// The network that an earlier run trained on the same data with the same parameters, or nil. A damaged one
  /// is no reason to fail: it is trained again.
  func model(of job: PlannedJob, _ parameters: InferenceParameters) -> TrainedModel? {
    let stem = Self.stem(job.identity, parameters)
    guard let bytes = try? directory.read(stem + Self.modelEnd, limit: Self.longestModel),
      let file = try? SafeTensorsFile(decoding: bytes),
      let digest = try? Self.digest(of: file), file.metadata[Self.digestName] == digest,
      let artifact = try? ModelArtifact(file, losses: losses(stem)), artifact.fingerprint == job.fingerprint,
      artifact.model.preprocessing.units == job.unitRows.count
    else { return nil }
    return artifact.model
  }

  /// Writes one job's files. A job without a network (no unit fired) has none.
  ///
  /// - Parameter parameters: those in force now; the run that made the result may have had others where they
  ///   change nothing.
  func write(_ result: StoredResult, of job: JobIdentity, _ parameters: InferenceParameters) throws {
    guard let model = result.model else { return }
    let stem = Self.stem(job, parameters)
    let artifact = ModelArtifact(model: model, fingerprint: result.fingerprint, parameters: parameters)
    var file = try artifact.file
    file.metadata[Self.digestName] = try Self.digest(of: file)
    try directory.write(stem + Self.modelEnd, try file.encoded())
    let network = model.network
    try directory.write(
      stem + Self.lossEnd, Self.lossFile(network.trainingLosses.enumerated().map { ($0.offset, $0.element) }))
    try directory.write(
      stem + Self.validationEnd, Self.lossFile(network.validationLosses.map { ($0.step, $0.loss) }))
  }

  private static let digestName = "sha256"

  /// SHA-256 over the tensors: wrong weights under the right fingerprint would give wrong rates.
  private static func digest(of file: SafeTensorsFile) throws -> String {
    SHA256.hash(data: try SafeTensorsFile(tensors: file.tensors).encoded()).hexadecimal
  }

  func write(_ parameters: InferenceParameters) throws {
    try directory.write(
      Self.parametersName, Array(try JSONText.encode(parameters, pretty: true).utf8) + [UInt8(ascii: "\n")])
  }

  /// What commits that were killed have left under temporary names, unless it is in use by one that is under way.
  var leftovers: [String] {
    get throws(FileError) {
      try directory.leftovers { name in
        name == Self.parametersName || name == Self.warningsName
          || (name.hasPrefix("region_") && Self.jobEnds.contains { name.hasSuffix($0) })
      }
    }
  }

  /// Only while the .h5 is locked: no other commit is under way then.
  func removeLeftovers() throws(FileError) {
    for name in try leftovers { try directory.remove(name) }
  }

  private static let (modelEnd, lossEnd, validationEnd) = (
    ".safetensors", "_loss.json", "_cross_val_loss.json"
  )
  private static let jobEnds = [modelEnd, lossEnd, validationEnd]

  // MARK: Losses

  /// As upstream writes it: {"0": 1.02, "1": 1.01, ...}, steps in their order.
  private static func lossFile(_ losses: [(step: Int, loss: Float)]) -> [UInt8] {
    var bytes: [UInt8] = [UInt8(ascii: "{")]
    for (index, entry) in losses.enumerated() {
      bytes += "\(index > 0 ? "," : "")\n    \"\(entry.step)\": \(entry.loss)".utf8
    }
    return bytes + (losses.isEmpty ? "}\n" : "\n}\n").utf8
  }

  private func losses(_ stem: String) throws -> LossHistory {
    func read(_ suffix: String) throws -> [(step: Int, loss: Float)] {
      let bytes = try directory.read(stem + suffix, limit: Self.longestModel)
      let losses = try JSONDecoder().decode([String: Float].self, from: Data(bytes))
      return losses.compactMap { entry in Int(entry.key).map { ($0, entry.value) } }.sorted { $0.0 < $1.0 }
    }
    return LossHistory(
      training: try read(Self.lossEnd).map(\.loss),
      validation: try read(Self.validationEnd).map { ValidationLoss(step: $0.step, loss: $0.loss) })
  }

  // MARK: Warnings

  /// Replaces the lines of `jobs` in `warning.txt`; other jobs' lines stay, and without any line the file goes.
  func updateWarnings(_ warnings: [(job: JobIdentity, warnings: [String])]) throws(FileError) {
    // A file that is none of ours (a link, far too large) is replaced: it must not hold the results back.
    let bytes = (try? directory.read(Self.warningsName, limit: 1 << 20)) ?? []
    // Only lines that blechd wrote say which job they are about.
    var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
      .filter { $0.hasPrefix("region_") }
    for (job, warnings) in warnings {
      lines.removeAll { $0.hasPrefix(job.groupName + ":") }
      if !warnings.isEmpty { lines.append("\(job.groupName): \(warnings.joined(separator: "; "))") }
    }
    guard !lines.isEmpty else { return try directory.remove(Self.warningsName) }
    try directory.write(Self.warningsName, Array((lines.sorted().joined(separator: "\n") + "\n").utf8))
  }
}

extension SessionReading {
  /// The network that an earlier run saved for the job, or nil.
  public static func savedModel(
    of job: PlannedJob, _ parameters: InferenceParameters, in source: SessionSource
  ) -> TrainedModel? {
    guard let session = try? Session(at: source.directory),
      let place = try? ResultsPlace.existing(for: session, source)
    else { return nil }
    return (try? Artifacts.existing(in: place))?.model(of: job, parameters)
  }
}

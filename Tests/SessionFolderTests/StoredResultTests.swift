import FoundationEssentials
import Inference
import Parameters
import RateNetwork
import SafeTensors
import TestSupport
import Testing
import Vocabulary

@testable import SessionFolder

/// A made-up session and the results of its jobs.
struct Inferred {
  let source: SessionSource
  let inspection: Inspection
  let results: [JobIdentity: StoredResult]

  var jobs: [PlannedJob] { inspection.jobs }
  var identities: [JobIdentity] { jobs.map(\.identity) }

  /// - Parameter warnings: that the results carry, instead of their own.
  init(
    _ scratch: Scratch, _ session: MadeUpSession = MadeUpSession(), output: String? = nil,
    warnings: [String]? = nil, _ change: (inout ParameterOverrides) -> Void = { _ in }
  ) throws {
    let directory = scratch.path(MadeUpSession.name)
    if !FileManager.default.fileExists(atPath: directory) { try session.write(in: scratch) }
    try self.init(of: MadeUpSession.source(directory, output: output, change), warnings: warnings)
  }

  init(of source: SessionSource, warnings: [String]? = nil) throws {
    self.source = source
    let reading = try SessionReading(of: source)
    inspection = reading.inspection
    results = try Dictionary(
      uniqueKeysWithValues: reading.inspection.jobs.map { planned in
        let job = try reading.inference(of: planned)
        let result = try runInference(job)
        let network = result.model?.network
        let summary = JobSummary(
          origin: network == nil ? .silent : .trained, units: job.counts.units, trials: job.counts.trials,
          steps: network?.steps ?? 0, bestStep: network?.bestStep,
          trainingLoss: network.map { Double($0.trainingLoss) },
          validationLoss: network.map { Double($0.validationLoss) }, bitsPerSpike: result.bitsPerSpike,
          psthBitsPerSpike: result.bitsPerSpikeOfPSTH, seconds: 0.25,
          warnings: warnings ?? result.warnings.map(\.description))
        return (
          planned.identity,
          StoredResult(result, of: planned, parameters: reading.inspection.parameters, summary: summary)
        )
      })
  }

  func commit(_ jobs: [JobIdentity]? = nil) throws -> CommitSummary {
    let answer = try answer(jobs)
    guard case .committed(let summary) = answer else { throw Uncommitted(answer: answer) }
    return summary
  }

  func answer(
    _ jobs: [JobIdentity]? = nil, pipelineWait: Duration? = nil,
    load: ((PlannedJob) throws -> StoredResult?)? = nil
  ) throws -> CommitAnswer {
    try Commit(source, inspection, jobs: jobs ?? identities, pipelineWait: pipelineWait)
      .run(load ?? { results[$0.identity]! })
  }

  struct Uncommitted: Error { var answer: CommitAnswer }
}

@Suite struct StoredResultTests {
  private func expectEqual(_ read: StoredResult, _ written: StoredResult) {
    #expect(read.fingerprint == written.fingerprint)
    #expect(read.summary == written.summary)
    #expect(read.parameters == written.parameters)
    #expect(read.rates.values.map(\.bitPattern) == written.rates.values.map(\.bitPattern))
    #expect(read.rates == written.rates)
    #expect(read.latent.values.map(\.bitPattern) == written.latent.values.map(\.bitPattern))
    #expect(read.latent == written.latent)
    #expect(read.model == written.model)
  }

  @Test(arguments: [true, false]) func `A result comes back bit for bit`(usePCA: Bool) throws {
    try withScratch { scratch in
      let inferred = try Inferred(scratch) {
        $0.usePCA = usePCA
        $0.trainSteps = 101
      }
      for result in inferred.results.values {
        #expect(result.model != nil && (result.model?.preprocessing.components != nil) == usePCA)
        let bytes = try result.encoded()
        expectEqual(try StoredResult(decoding: bytes), result)
        #expect(try result.encoded() == bytes, "equal results have equal bytes")
      }
    }
  }

  @Test func `A result of units that never fired has no network, and comes back too`() throws {
    try withScratch { scratch in
      var session = MadeUpSession()
      session.tastes = [.init(digIn: "dig_in_0", shape: [4, 3, 200])]
      let inferred = try Inferred(scratch, session)
      let result = try #require(inferred.results.values.first)
      #expect(result.model == nil)
      expectEqual(try StoredResult(decoding: try result.encoded()), result)
    }
  }

  @Test func `Every truncation is refused, none crashes`() throws {
    try withScratch { scratch in
      let bytes = try #require(try Inferred(scratch).results.values.first?.encoded())
      for length in stride(from: 0, to: bytes.count, by: bytes.count > 4000 ? 7 : 1) {
        #expect(throws: (any Error).self) { try StoredResult(decoding: Array(bytes[..<length])) }
      }
    }
  }

  @Test func `A damaged byte is refused or read, none crashes`() throws {
    try withScratch { scratch in
      let bytes = try #require(try Inferred(scratch).results.values.first?.encoded())
      for index in stride(from: 0, to: bytes.count, by: 5) {
        for mask in [0x01, 0x80, 0xFF] as [UInt8] {
          var damaged = bytes
          damaged[index] ^= mask
          _ = try? StoredResult(decoding: damaged)
        }
      }
    }
  }
}

@Suite struct ModelArtifactTests {
  private func withArtifact(_ body: (ModelArtifact) throws -> Void) throws {
    try withScratch { scratch in
      let result = try #require(try Inferred(scratch) { $0.trainSteps = 101 }.results.values.first)
      try body(
        ModelArtifact(
          model: try #require(result.model), fingerprint: result.fingerprint, parameters: result.parameters))
    }
  }

  private func decoded(_ file: SafeTensorsFile, like artifact: ModelArtifact) throws -> ModelArtifact {
    let network = artifact.model.network
    return try ModelArtifact(
      file, losses: LossHistory(training: network.trainingLosses, validation: network.validationLosses))
  }

  @Test func `A network comes back bit for bit`() throws {
    try withArtifact { artifact in
      let file = try SafeTensorsFile(decoding: artifact.file.encoded())
      let read = try decoded(file, like: artifact)
      #expect(read.model == artifact.model)
      #expect(read.fingerprint == artifact.fingerprint && read.parameters == artifact.parameters)
    }
  }

  @Test func `Any missing tensor or piece of metadata is refused`() throws {
    try withArtifact { artifact in
      let file = try artifact.file
      for name in file.tensors.keys where name != "preprocessing.components" {
        // Without components the mean that belongs to them means nothing, and is not looked at.
        if name == "preprocessing.pca_mean" { continue }
        var partial = file
        partial[name] = nil
        #expect(throws: (any Error).self, "\(name)") { try decoded(partial, like: artifact) }
      }
      for name in file.metadata.keys where name != "format" && name != "software" {
        var partial = file
        partial.metadata[name] = nil
        #expect(throws: (any Error).self, "\(name)") { try decoded(partial, like: artifact) }
        partial.metadata[name] = "-1 x"
        if name != "fingerprint" {
          #expect(throws: (any Error).self, "\(name)") { try decoded(partial, like: artifact) }
        }
      }
    }
  }

  @Test(arguments: [0, -1, .nan, .infinity] as [Double])
  func `A scale that nothing can be divided by is refused`(scale: Double) throws {
    try withArtifact { artifact in
      var file = try artifact.file
      file["preprocessing.scale"] = Tensor([1, scale, 1], shape: [3])
      #expect(throws: SafeTensorsError.self) { try decoded(file, like: artifact) }
    }
  }

  @Test(arguments: [
    "preprocessing.mean", "preprocessing.components", "preprocessing.pca_mean", "rnn.bias_hh_l0",
  ])
  func `Numbers that are none are refused`(name: String) throws {
    try withArtifact { artifact in
      var file = try artifact.file
      let tensor = try #require(file[name])
      let count = tensor.shape.reduce(1, *)
      file[name] =
        tensor.type == .float32
        ? Tensor([Float](repeating: .nan, count: count), shape: tensor.shape)
        : Tensor([Double](repeating: .nan, count: count), shape: tensor.shape)
      #expect(throws: SafeTensorsError.self) { try decoded(file, like: artifact) }
    }
  }
}

import Inference
import Parameters
import RateNetwork
import TestSupport
import Testing
import Vocabulary

@Suite struct RunInferenceTests {
  /// A short window, a small network and few steps: 20 bins of which 2 are forecast, the stimulus in bin 4.
  private static var parameters: InferenceParameters {
    var parameters = InferenceParameters.default
    parameters.timeLims = TimeLimits(start: 0, end: 500)
    parameters.forecastTime = 50
    parameters.hiddenSize = 8
    parameters.trainSteps = 1000
    parameters.learningRate = 1e-2
    return parameters
  }

  private static func job(
    _ counts: SpikeCounts, _ parameters: InferenceParameters = parameters, trialsPerTaste: [Int]? = nil,
    taste: TasteIdentity = .index(0)
  ) throws -> InferenceJob {
    try InferenceJob(
      counts: counts, trialsPerTaste: trialsPerTaste ?? [counts.trials], taste: taste,
      unitRows: Array(0..<counts.units),
      window: AnalysisWindow(parameters, trialDuration: 500, stimulus: 100), parameters: parameters)
  }

  /// Six units, each of which answers the stimulus at its own time; unit 2 is silent where asked for.
  private static func responding(
    trials: Int, seed: UInt64 = 1, silencing silent: Int? = nil
  ) -> SpikeCounts {
    var numbers = SeededNumbers(seed: seed)
    return numbers.counts(trials: trials, units: 6, bins: 20) { _, unit, bin in
      if unit == silent { return 0 }
      return (4 + 2 * unit..<8 + 2 * unit).contains(bin) ? 3 : 0.3
    }
  }

  @Test func `Rates are finite, not negative, and forecast better than each unit's mean`() throws {
    let job = try Self.job(Self.responding(trials: 16, silencing: 2))
    var reported: [Int] = []
    let result = try runInference(job) { reported.append($0.step) }
    let rates = result.predFiring
    #expect(rates.trials == 16 && rates.units == 6 && rates.bins == 18)
    #expect(rates.values.allSatisfy { $0.isFinite && $0 >= 0 })
    #expect(result.latent.bins == 18 && result.latent.trials == 16 && result.latent.features == 8)
    #expect(result.latent.values.allSatisfy { abs($0) <= 1 })
    let bits = try #require(result.bitsPerSpike)
    let bitsOfPSTH = try #require(result.bitsPerSpikeOfPSTH)
    #expect(bits > 0.4 && bitsOfPSTH > 0.4)

    let network = try #require(result.model).network
    #expect(network.steps == network.trainingLosses.count)
    #expect(network.validationLosses.contains { $0.step == network.bestStep })
    #expect(reported.last == network.steps)
    for trial in 0..<16 {
      for bin in 0..<18 { #expect(rates[trial, 2, bin] < 1e-9) }
    }
  }

  @Test func `Rates stand where their bins are: forecast later than their inputs`() throws {
    // A step in the rate at bin 10 must appear at output bin 8, for the first two bins are not forecast.
    var numbers = SeededNumbers(seed: 5)
    let counts = numbers.counts(trials: 20, units: 4, bins: 20) { _, _, bin in bin < 10 ? 0.2 : 4 }
    let rates = try runInference(Self.job(counts)).predFiring
    func mean(_ bin: Int) -> Double {
      (0..<20).reduce(0) { sum, trial in sum + (0..<4).reduce(0) { $0 + rates[trial, $1, bin] } } / 80
    }
    #expect(mean(6) < 1.2 && mean(9) > 2.8)
    #expect(mean(8) - mean(7) > 1)
  }

  @Test func `The same job gives the same bits, another seed others`() throws {
    let counts = Self.responding(trials: 10)
    var parameters = Self.parameters
    parameters.trainSteps = 120
    let first = try runInference(Self.job(counts, parameters))
    let second = try runInference(Self.job(counts, parameters))
    #expect(first.predFiring == second.predFiring && first.latent == second.latent)
    #expect(first.model == second.model && first.split == second.split)
    parameters.seed = 1
    #expect(try runInference(Self.job(counts, parameters)).predFiring != first.predFiring)
    parameters.seed = 0
    #expect(try runInference(Self.job(counts, parameters, taste: .index(1))).predFiring != first.predFiring)
  }

  @Test func `The seed draws both the split and the network's training`() throws {
    var parameters = Self.parameters
    parameters.trainSteps = 1
    let counts = Self.responding(trials: 2)
    let jobs = try (0..<8).map { (seed: UInt64) -> InferenceJob in
      parameters.seed = seed
      return try Self.job(counts, parameters)
    }
    // Two trials can be split in two ways only, so some seeds agree in that: their networks must not.
    #expect(Set(jobs.map(\.split.training)).count == 2)
    let networks = try jobs.map { try #require(runInference($0).model).network.weights }
    for (index, network) in networks.enumerated() { #expect(!networks[..<index].contains(network)) }
  }

  @Test(arguments: [true, false])
  func `A saved model gives the bits of the run that saved it, without training`(usePCA: Bool) throws {
    var parameters = Self.parameters
    parameters.trainSteps = 120
    parameters.usePCA = usePCA
    let job = try Self.job(Self.responding(trials: 10), parameters)
    let trained = try runInference(job)
    let model = try #require(trained.model)
    let again = try runInference(job, saved: Self.restored(model)) { _ in Issue.record("it trained") }
    #expect(again.predFiring == trained.predFiring && again.latent == trained.latent)
    #expect(again.model == model && again.split == trained.split && again.warnings == trained.warnings)
    #expect(again.bitsPerSpike == trained.bitsPerSpike)
    #expect(model.preprocessing.featureCount == (usePCA ? model.preprocessing.components?.count : 6))
  }

  /// The model as it comes out of an artifact: built from plain numbers.
  private static func restored(_ model: TrainedModel, trainingLoss: Float? = nil) throws -> TrainedModel {
    let (network, preprocessing) = (model.network, model.preprocessing)
    let layout = NetworkWeights.layout(of: network.weights.shape)
    let tensors = Dictionary(uniqueKeysWithValues: layout.map { ($0.name, network.weights[$0.name]) })
    return TrainedModel(
      network: TrainedNetwork(
        weights: try #require(NetworkWeights(shape: network.weights.shape, tensors: tensors)),
        bestStep: network.bestStep, steps: network.steps, trainingLosses: network.trainingLosses,
        validationLosses: network.validationLosses,
        trainingLoss: trainingLoss ?? network.trainingLoss, validationLoss: network.validationLoss),
      preprocessing: Preprocessing(
        scaler: Scaler(mean: preprocessing.scaler.mean, scale: preprocessing.scaler.scale),
        components: preprocessing.components.map {
          PrincipalComponents(mean: $0.mean, directions: $0.directions)
        }))
  }

  @Test func `A training loss above the validation loss is a warning, an equal one is not`() throws {
    var parameters = Self.parameters
    parameters.trainSteps = 1
    let job = try Self.job(Self.responding(trials: 10), parameters)
    let model = try #require(runInference(job).model)
    let loss = model.network.validationLoss
    func isWarned(_ trainingLoss: Float) throws -> Bool {
      let result = try runInference(job, saved: Self.restored(model, trainingLoss: trainingLoss))
      return result.warnings.contains(
        .trainingLossAboveValidationLoss(training: trainingLoss, validation: loss))
    }
    #expect(try isWarned(loss.nextUp))
    #expect(try !isWarned(loss))
  }

  @Test func `A model that forecasts worse than the PSTH is flagged, a good one is not`() throws {
    var parameters = Self.parameters
    // Trials differ in their level, which the past of a trial tells and no average over trials knows.
    var numbers = SeededNumbers(seed: 9)
    let counts = numbers.counts(trials: 24, units: 6, bins: 20) { trial, _, _ in trial % 2 == 0 ? 0.3 : 3 }
    func flags(_ result: InferenceResult) -> [InferenceWarning] {
      result.warnings.filter { if case .worseThanPSTH = $0 { true } else { false } }
    }
    let good = try runInference(Self.job(counts, parameters))
    #expect(try #require(good.bitsPerSpike) > #require(good.bitsPerSpikeOfPSTH) + 0.1)
    #expect(flags(good).isEmpty)
    parameters.trainSteps = 1
    let poor = try runInference(Self.job(counts, parameters))
    let (bits, bitsOfPSTH) = (try #require(poor.bitsPerSpike), try #require(poor.bitsPerSpikeOfPSTH))
    #expect(flags(poor) == [.worseThanPSTH(model: bits, psth: bitsOfPSTH)])
  }

  @Test func `A saved model of other sizes is refused, and says why`() throws {
    var parameters = Self.parameters
    parameters.trainSteps = 1
    let counts = Self.responding(trials: 10)
    let model = try #require(runInference(Self.job(counts, parameters)).model)
    let fewer = try Self.job(counts.selecting(units: [0, 1]), parameters)
    #expect(throws: InferenceError.savedModelDoesNotFit("6 units instead of 2")) {
      try runInference(fewer, saved: model)
    }
    parameters.hiddenSize = 5
    let wider = try Self.job(counts, parameters)
    #expect(throws: InferenceError.savedModelDoesNotFit("8 hidden units instead of 5")) {
      try runInference(wider, saved: model)
    }
  }

  @Test func `Where no unit fires, rates are zero with a warning, and nothing is trained`() throws {
    let counts = SpikeCounts(trials: 4, units: 3, bins: 20, values: Array(repeating: 0, count: 240))
    let result = try runInference(Self.job(counts)) { _ in Issue.record("it trained") }
    #expect(result.predFiring.values == Array(repeating: 0, count: 4 * 3 * 18))
    #expect(result.latent.values == Array(repeating: 0, count: 18 * 4 * 8))
    #expect(result.model == nil && result.bitsPerSpike == nil && result.bitsPerSpikeOfPSTH == nil)
    #expect(result.warnings == [.silent])
  }

  @Test func `Tastes with uneven numbers of trials are inferred together`() throws {
    let tastes = [5, 3, 9].enumerated().map { Self.responding(trials: $1, seed: UInt64($0)) }
    var parameters = Self.parameters
    parameters.trainSteps = 100
    let job = try Self.job(
      SpikeCounts(pooling: tastes), parameters, trialsPerTaste: [5, 3, 9], taste: .all)
    let result = try runInference(job)
    #expect(result.predFiring.trials == 17)
    #expect(result.split.training.count == 12 && result.split.validation.count == 5)
    #expect(result.predFiring.values.allSatisfy { $0.isFinite })
  }

  struct Change: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var apply: @Sendable (inout InferenceParameters) -> Void

    init(_ name: String, _ apply: @escaping @Sendable (inout InferenceParameters) -> Void) {
      testDescription = name
      self.apply = apply
    }
  }

  @Test(arguments: [
    Change("train_steps") { $0.trainSteps = 250 },
    Change("hidden_size") { $0.hiddenSize = 5 },
    Change("train_test_split") { $0.trainTestSplit = 0.5 },
    Change("use_pca") { $0.usePCA = false },
    Change("patience") { $0.patience = 1 },
    Change("dropout") { $0.dropout = 0.3 },
    Change("learning_rate") { $0.learningRate = 0.05 },
    Change("seed") { $0.seed = 1 },
  ]) func `Every parameter reaches the network`(change: Change) throws {
    var parameters = Self.parameters
    parameters.trainSteps = 1500
    parameters.learningRate = 0.03
    parameters.patience = 0
    let counts = Self.responding(trials: 6)
    let usual = try runInference(Self.job(counts, parameters))
    change.apply(&parameters)
    let changed = try runInference(Self.job(counts, parameters))
    #expect(changed.model?.network != usual.model?.network)
  }

  @Test(arguments: [true, false])
  func `The smallest and the dullest jobs run`(usePCA: Bool) throws {
    var numbers = SeededNumbers(seed: 6)
    var parameters = Self.parameters
    parameters.trainSteps = 20
    parameters.usePCA = usePCA
    let cases = [
      numbers.counts(trials: 2, units: 1, bins: 20) { _, _, _ in 1 },
      SpikeCounts(trials: 3, units: 2, bins: 20, values: Array(repeating: 4, count: 120)),
      numbers.counts(trials: 2, units: 60, bins: 20) { _, _, _ in 1 },
    ]
    for counts in cases {
      let result = try runInference(Self.job(counts, parameters))
      #expect(result.predFiring.values.allSatisfy { $0.isFinite && $0 >= 0 })
    }
  }

  @Test func `A loss that is no number ends the job and names the step`() throws {
    var parameters = Self.parameters
    parameters.learningRate = .infinity
    let error = #expect(throws: InferenceError.self) {
      // Built past the rules on purpose: no valid parameter makes a loss overflow on demand.
      var valid = Self.parameters
      valid.learningRate = 1
      let window = try AnalysisWindow(valid, trialDuration: 500, stimulus: 100)
      let counts = Self.responding(trials: 8)
      let job = try InferenceJob(
        counts: counts, trialsPerTaste: [8], taste: .all, unitRows: Array(0..<6), window: window,
        parameters: parameters)
      _ = try runInference(job)
    }
    #expect(error == .nonFiniteLoss(step: 1))
    #expect(error?.description.contains("step 1") == true)
  }
}

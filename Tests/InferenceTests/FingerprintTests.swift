import Inference
import Parameters
import Testing
import Vocabulary

@Suite struct FingerprintTests {
  /// Everything that enters a fingerprint, to change one thing at a time.
  struct Ingredients: Sendable {
    var trials = 3
    var units = 2
    var bins = 4
    var counts = (0..<24).map { Int32($0) }
    var trialsPerTaste = [1, 2]
    var taste = TasteIdentity.index(2)
    var unitRows = [5, 7]
    var stimulusBin = 1
    var parameters = InferenceParameters.default

    init() { parameters.seed = .max }

    var fingerprint: String {
      Fingerprint(
        counts: SpikeCounts(trials: trials, units: units, bins: bins, values: counts),
        trialsPerTaste: trialsPerTaste, taste: taste, unitRows: unitRows, stimulusBin: stimulusBin,
        parameters: parameters
      ).hex
    }
  }

  struct Change: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var apply: @Sendable (inout Ingredients) -> Void

    init(_ name: String, _ apply: @escaping @Sendable (inout Ingredients) -> Void) {
      testDescription = name
      self.apply = apply
    }
  }

  @Test func `The bytes that are hashed are those that the documentation lists`() {
    // Python: hashlib.sha256(b"blechd-fingerprint-1" + struct.pack("<14q", 3, 2, 4, 1, 2, 2, 1, 2, 5, 7, 1500,
    // 4500, 25, 100) + struct.pack("<2q", 15000, 8) + struct.pack("<d", 0.75) + struct.pack("<3q", 1, 10, 8)
    // + b"blechrnn" + struct.pack("<2dQ", 0.2, 1e-3, 2**64 - 1) + struct.pack("<24i", *range(24))).hexdigest()
    #expect(
      Ingredients().fingerprint == "c98e559d7d8d656396eec126fdaa132f5654e08ad4d1d20f7084fbfc8c97b4fc")
  }

  @Test(arguments: [
    Change("one count") { $0.counts[13] += 1 },
    Change("shape") { ($0.trials, $0.bins) = (4, 3) },
    Change("trials of each taste") { $0.trialsPerTaste = [2, 1] },
    Change("taste") { $0.taste = .index(1) },
    Change("all tastes") { $0.taste = .all },
    Change("unit rows") { $0.unitRows = [5, 8] },
    Change("order of unit rows") { $0.unitRows = [7, 5] },
    Change("stimulus bin") { $0.stimulusBin = 2 },
    Change("time_lims start") { $0.parameters.timeLims.start = 1475 },
    Change("time_lims end") { $0.parameters.timeLims.end = 4525 },
    Change("bin_size") { $0.parameters.binSize = 50 },
    Change("forecast_time") { $0.parameters.forecastTime = 50 },
    Change("train_steps") { $0.parameters.trainSteps = 14999 },
    Change("hidden_size") { $0.parameters.hiddenSize = 9 },
    Change("train_test_split") { $0.parameters.trainTestSplit = 0.75.nextUp },
    Change("use_pca") { $0.parameters.usePCA = false },
    Change("patience") { $0.parameters.patience = 0 },
    Change("dropout") { $0.parameters.dropout = 0.25 },
    Change("learning_rate") { $0.parameters.learningRate = 2e-3 },
    Change("seed") { $0.parameters.seed = 0 },
  ]) func `Whatever changes a result changes the fingerprint`(change: Change) {
    var changed = Ingredients()
    change.apply(&changed)
    #expect(changed.fingerprint != Ingredients().fingerprint)
  }

  @Test(arguments: [
    Change("separate_tastes") { $0.parameters.separateTastes.toggle() },
    Change("separate_regions") { $0.parameters.separateRegions.toggle() },
  ]) func `What acts through the data alone does not`(change: Change) {
    var changed = Ingredients()
    change.apply(&changed)
    #expect(changed.fingerprint == Ingredients().fingerprint)
  }
}

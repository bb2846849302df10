import FoundationEssentials
import Inference
import SafeTensors
import TestSupport
import Testing

@Suite struct PreprocessingTests {
  /// What scikit-learn made of the same counts: (bins, trials, units) Poisson counts, unit 3 silent.
  struct Golden {
    let file: SafeTensorsFile
    let counts: SpikeCounts

    init(here: String = #filePath) throws {
      let folder = URL(filePath: here).deletingLastPathComponent()
      let data = try Data(contentsOf: folder.appending(path: "Golden/preprocessing.safetensors"))
      file = try SafeTensorsFile(decoding: Array(data))
      let shape = try #require(file["counts"]?.shape)
      let (bins, trials, units) = (shape[0], shape[1], shape[2])
      let long = try file.doubles("counts")
      var values: [Int32] = []
      for trial in 0..<trials {
        for unit in 0..<units {
          for bin in 0..<bins { values.append(Int32(long[(bin * trials + trial) * units + unit])) }
        }
      }
      counts = SpikeCounts(trials: trials, units: units, bins: bins, values: values)
    }

    func difference(_ values: [Double], _ name: String) throws -> Double {
      let expected = try file.doubles(name)
      try #require(values.count == expected.count)
      return zip(values, expected).map { abs($0 - $1) }.max() ?? 0
    }
  }

  @Test func `Scaling and components are scikit-learn's, there and back`() throws {
    let golden = try Golden()
    let counts = golden.counts
    let preprocessing = Preprocessing(fitting: counts, usePCA: true)
    #expect(try golden.difference(preprocessing.scaler.mean, "mean") < 1e-12)
    #expect(try golden.difference(preprocessing.scaler.scale, "scale") < 1e-12)
    #expect(preprocessing.scaler.scale[3] == 1)

    let components = try #require(preprocessing.components)
    #expect(try golden.difference(components.mean, "pca_mean") < 1e-12)
    #expect(golden.file["components"]?.shape == [components.count, components.units])
    // A component's sign is free: take scikit-learn's, for its scores too.
    let expected = try golden.file.doubles("components")
    let signs = (0..<components.count).map { component -> Double in
      let row = (component * components.units)..<((component + 1) * components.units)
      return zip(components.directions[row], expected[row]).reduce(0) { $0 + $1.0 * $1.1 } < 0 ? -1 : 1
    }
    let directions = components.directions.enumerated().map { $1 * signs[$0 / components.units] }
    #expect(try golden.difference(directions, "components") < 1e-12)

    let features = preprocessing.features(of: counts)
    #expect(features.bins == 40 && features.trials == 12 && features.count == components.count)
    let scores = features.values.enumerated().map { $1 * signs[$0 % components.count] }
    #expect(try golden.difference(scores, "scores") < 1e-12)

    let rates = preprocessing.rates(of: features)
    let restored = try golden.file.doubles("restored")
    var difference = 0.0
    for trial in 0..<rates.trials {
      for unit in 0..<rates.units {
        for bin in 0..<rates.bins {
          // scikit-learn's rates may be negative, ours are not.
          let known = max(restored[(bin * rates.trials + trial) * rates.units + unit], 0)
          difference = max(difference, abs(rates[trial, unit, bin] - known))
        }
      }
    }
    #expect(difference < 1e-12)
    #expect(restored.contains { $0 < -0.1 }, "the case must hold rates that have to be cut")
  }

  @Test func `The explained share of each component is scikit-learn's`() throws {
    let golden = try Golden()
    let scaler = Scaler(fitting: golden.counts)
    // The z-scores, by way of a preprocessing without components.
    let zScores = Preprocessing(scaler: scaler, components: nil).features(of: golden.counts)
    let ratios = PrincipalComponents.fitted(to: zScores).explainedVarianceRatio
    #expect(try golden.difference(ratios, "explained_variance_ratio") < 1e-14)
  }

  @Test(arguments: [
    ([0.95, 0.05], 2), ([0.96, 0.04], 1), ([0.5, 0.45, 0.05], 3), ([0.5, 0.46, 0.04], 2), ([1], 1),
    ([0, 0, 0], 1),
  ]) func `The fewest components above 95 % are kept, and exactly 95 % is not above`(
    ratios: [Double], count: Int
  ) {
    #expect(PrincipalComponents.componentCount(explaining: ratios) == count)
  }

  @Test(arguments: [true, false])
  func `Where nothing is left out, the way back gives the counts`(usePCA: Bool) {
    // Independent units share the variance about evenly, so all are needed for 95 %.
    var numbers = SeededNumbers(seed: 2)
    let counts = numbers.counts(trials: 6, units: 5, bins: 40) { _, unit, _ in 0.5 + Double(unit) }
    let preprocessing = Preprocessing(fitting: counts, usePCA: usePCA)
    #expect(preprocessing.featureCount == 5)
    let rates = preprocessing.rates(of: preprocessing.features(of: counts))
    #expect(zip(rates.values, counts.values).allSatisfy { abs($0 - Double($1)) < 1e-12 })
  }

  @Test func `One unit, constant units, and more units than samples keep everything finite`() {
    var numbers = SeededNumbers(seed: 3)
    let constant = SpikeCounts(trials: 3, units: 2, bins: 4, values: Array(repeating: 7, count: 24))
    let cases = [
      numbers.counts(trials: 2, units: 1, bins: 3) { _, _, bin in Double(bin + 1) },
      constant,
      numbers.counts(trials: 2, units: 30, bins: 3) { _, _, _ in 2 },
      SpikeCounts(trials: 1, units: 3, bins: 2, values: [0, 0, 1, 0, 0, 0]),
    ]
    for counts in cases {
      let preprocessing = Preprocessing(fitting: counts, usePCA: true)
      #expect((1...counts.units).contains(preprocessing.featureCount))
      // In each case the components that are kept hold nearly everything.
      let rates = preprocessing.rates(of: preprocessing.features(of: counts))
      #expect(rates.values.allSatisfy { $0.isFinite && $0 >= 0 })
    }
    #expect(Preprocessing(fitting: constant, usePCA: true).scaler.scale == [1, 1])
    #expect(Preprocessing(fitting: constant, usePCA: true).featureCount == 1)
    let flat = Features(bins: 4, trials: 3, count: 2, values: Array(repeating: 0, count: 24))
    #expect(PrincipalComponents.fitted(to: flat).explainedVarianceRatio == [0])
    let sparse = Preprocessing(fitting: cases[3], usePCA: true)
    let silent = sparse.rates(of: sparse.features(of: cases[3]))
    #expect(silent.values[0..<2] == [0, 0] && silent.values[4..<6] == [0, 0])
  }
}

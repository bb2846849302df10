import FileAccess
import FoundationEssentials
import HDF5File
import RateNetwork
import Vocabulary

/// A synthetic session as blech_clust leaves a sorted one, and the rates that its spikes were drawn from.
public struct DemoSession {
  let tastes: Int
  let trials: Int
  private let units: Int
  private let seed: UInt64

  static let tasteNames = ["NaCl", "Sucrose", "CitricAcid", "Quinine", "Water", "Saccharin"]
  static let regions = ["gc", "pc"]
  static let electrodesPerRegion = 32
  /// A trial's ms before and after the stimulus: blech_clust's default.
  static let durations = (before: 2000, after: 5000)
  static let samplingRate = 30_000
  /// The true rates are kept as means over so many ms.
  static let truthBin = 5
  /// A taste's spikes are held in memory: at most 1.1 GB.
  private static let mostTrialsTimesUnits = 20_000

  /// - Throws: `Failure` with `.usage` for a size that no session has.
  public init(tastes: Int, trials: Int, units: Int, seed: UInt64) throws(Failure) {
    for (name, value, range) in [
      ("tastes", tastes, 1...16), ("trials", trials, 1...500), ("units", units, 1...300),
    ]
    where !range.contains(value) {
      throw Failure(
        .usage, "--\(name) \(value)", "must be \(range.lowerBound)...\(range.upperBound)", remedy: "")
    }
    guard trials * units <= Self.mostTrialsTimesUnits else {
      throw Failure(
        .usage, "--trials \(trials) --units \(units)",
        "make too large a session: their product must be at most "
          + "\(Self.mostTrialsTimesUnits)", remedy: "")
    }
    (self.tastes, self.trials, self.units, self.seed) = (tastes, trials, units, seed)
  }

  /// Writes the session into a new directory, and the true rates beside it. The execution log, which says
  /// that the session is sorted, comes last.
  ///
  /// - Parameters:
  ///   - path: the session's directory, which must not exist or be empty.
  ///   - truth: an HDF5 file that must not exist: `/taste_<i>`, float32 (trials, units, bins of 5 ms), Hz.
  /// - Throws: `Failure` where something is in the way or cannot be written.
  public func write(to path: String, truth: String) throws {
    guard !FileManager.default.fileExists(atPath: truth) else {
      throw Failure(
        .cannotWrite, truth, "is in the way: the true rates would go there",
        remedy: "remove it or name another directory")
    }
    let directory = try OpenDirectory(creatingAt: path)
    guard try directory.entries().isEmpty else {
      throw Failure(.cannotWrite, path, "is not empty", remedy: "name a directory that does not exist yet")
    }
    let name = String(path.split(separator: "/").last ?? "demo")
    let session = try H5File.creating(at: directory.path(of: name + ".h5"), title: name)
    let rates = try H5File.creating(at: truth, title: "firing rates that drew the spikes of \(name)")
    try rates.root.setAttribute("units", .text("Hz"))
    try rates.root.setAttribute("bin_size_ms", .integer(Int64(Self.truthBin)))
    let electrodes = try writeSpikes(to: session.root, truth: rates.root)
    try session.close()
    try rates.close()
    for (file, text) in try sidecars(name: name, electrodes: electrodes) {
      try directory.write(file, Array(text.utf8))
    }
  }

  private func writeSpikes(to root: H5Group, truth: H5Group) throws -> [Int] {
    var generator = SeededGenerator(seed: seed)
    let population = SyntheticUnits(units: units, tastes: tastes, using: &generator)
    let duration = Self.durations.before + Self.durations.after
    for group in ["raw", "raw_emg", "digital_in", "sorted_units", "spike_trains"] {
      try root.createGroup(group)
    }
    var spikeCounts = [Int](repeating: 0, count: units)
    for taste in 0..<tastes {
      var spikes = [Double](repeating: 0, count: trials * units * duration)
      var means: [Float] = []
      for trial in 0..<trials {
        let rates = population.rates(
          taste: taste, session: trials > 1 ? Double(trial) / Double(trials - 1) : 0, duration: duration,
          stimulus: Self.durations.before, using: &generator)
        for (index, rate) in rates.enumerated() where Double(generator.uniform()) < rate / 1000 {
          spikes[trial * rates.count + index] = 1
          spikeCounts[index / duration] += 1
        }
        means += Self.means(of: rates)
      }
      let group = try root.group("spike_trains")!.createGroup(Self.digIn(taste))
      try group.createArray("spike_array", spikes, shape: [trials, units, duration])
      try truth.createArray("taste_\(taste)", means, shape: [trials, units, duration / Self.truthBin])
    }
    let electrodes = (0..<units).map { $0 * Self.electrodesPerRegion * Self.regions.count / units }
    try writeUnits(to: root, electrodes: electrodes, spikeCounts: spikeCounts)
    return electrodes
  }

  private static func means(of rates: [Double]) -> [Float] {
    stride(from: 0, to: rates.count, by: truthBin).map { start in
      Float(rates[start..<(start + truthBin)].reduce(0, +) / Double(truthBin))
    }
  }

  private func writeUnits(to root: H5Group, electrodes: [Int], spikeCounts: [Int]) throws {
    let rows = 0..<units
    try root.createTable(
      "unit_descriptor",
      columns: [
        TableColumn("unit_number", .integers(rows.map { Int32($0) })),
        TableColumn("electrode_number", .integers(electrodes.map { Int32($0) })),
        TableColumn("single_unit", .integers(rows.map { $0 % 3 > 0 ? 1 : 0 })),
        TableColumn("regular_spiking", .integers(rows.map { $0 % 4 > 0 ? 1 : 0 })),
        TableColumn("fast_spiking", .integers(rows.map { $0 % 4 > 0 ? 0 : 1 })),
        TableColumn("waveform_count", .integers(spikeCounts.map { Int32($0) })),
        TableColumn("hash", .texts(rows.map { String($0, radix: 16) }, width: 10)),
        TableColumn("snr", .numbers(rows.map { 3 + Float($0 % 5) })),
      ])
    let sorted = try root.group("sorted_units")!
    for unit in rows {
      let digits = "\(unit)"
      try sorted.createGroup("unit" + String(repeating: "0", count: 3 - digits.count) + digits)
    }
  }

  static func digIn(_ taste: Int) -> String { "dig_in_\(taste)" }
}

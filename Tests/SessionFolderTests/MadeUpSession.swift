import FoundationEssentials
import HDF5File
import Parameters
import TestSupport
import Vocabulary

/// A small sorted session: trials of 200 ms with the stimulus at 100 ms, some spikes everywhere.
struct MadeUpSession {
  struct Taste {
    var digIn: String
    var trials = 4
    var units = 3
    var duration = 200
    var laser: [Double]? = nil
    /// Changes single values: (trial, unit, ms) -> value.
    var changes: [[Int]: Double] = [:]
    var areIntegers = false
    /// Instead of (trials, units, ms).
    var shape: [Int]? = nil
  }

  var tastes = [Taste(digIn: "dig_in_0"), Taste(digIn: "dig_in_1", trials: 5)]
  /// One for each unit; nil leaves the table out.
  var electrodes: [Int32]? = [0, 40, 1]
  var info = """
    {"electrode_layout": {"gc": [[0, 1, 2]], "pc": [[40, 41]]},
     "taste_params": {"dig_ins": [0, 1], "dig_in_names": ["dig_in_0", "dig_in_1"], "tastes": ["NaCl", "Water"]}}
    """
  var params: String? = #"{"spike_array_durations": [100, 100]}"#
  var log: String? = #"{"completed": {"/opt/blech_make_arrays.py": "2026-01-01 10:00:00"}}"#
  var inferenceParameters: String?

  static let name = "AM1"

  /// A value that differs from place to place: mostly 0, some 1.
  static func spike(_ trial: Int, _ unit: Int, _ time: Int) -> Double {
    (trial * 7 + unit * 13 + time * time) % 11 == 0 ? 1 : 0
  }

  /// Writes the session into a directory of its own; its path.
  @discardableResult
  func write(in scratch: Scratch, named folder: String = name) throws -> String {
    let directory = scratch.path(folder)
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    try writeH5(at: "\(directory)/\(Self.name).h5")
    try scratch.write("\(folder)/\(Self.name).info", info)
    if let params { try scratch.write("\(folder)/\(Self.name).params", params) }
    if let log { try scratch.write("\(folder)/execution_log.json", log) }
    if let inferenceParameters { try scratch.write("\(folder)/blechrnn_params.json", inferenceParameters) }
    return directory
  }

  func writeH5(at path: String) throws {
    let file = try H5File.creating(at: path)
    let trains = try file.root.createGroup("spike_trains")
    for taste in tastes { try taste.write(into: trains.createGroup(taste.digIn)) }
    if let electrodes {
      try file.root.createTable(
        "unit_descriptor", columns: [TableColumn("electrode_number", .integers(electrodes))])
    }
    try file.close()
  }

  /// How the tests read it: bins of 25 ms, all of the trial, three training steps.
  static func source(
    _ directory: String, output: String? = nil, _ change: (inout ParameterOverrides) -> Void = { _ in }
  ) -> SessionSource {
    var overrides = ParameterOverrides()
    overrides.timeLims = TimeLimits(start: 0, end: 200)
    overrides.binSize = 25
    overrides.forecastTime = 25
    overrides.trainSteps = 3
    overrides.hiddenSize = 2
    change(&overrides)
    return SessionSource(directory: directory, overrides: overrides, outputDirectory: output)
  }
}

extension MadeUpSession.Taste {
  /// (trials, units, ms), row-major.
  var values: [Double] {
    var values: [Double] = []
    for trial in 0..<trials {
      for unit in 0..<units {
        for time in 0..<duration {
          values.append(changes[[trial, unit, time]] ?? MadeUpSession.spike(trial, unit, time))
        }
      }
    }
    return values
  }

  fileprivate func write(into group: H5Group) throws {
    let extents = shape ?? [trials, units, duration]
    let values = shape == nil ? values : Array(repeating: 0, count: extents.reduce(1, *))
    if areIntegers {
      try group.createArray("spike_array", values.map { Int64($0) }, shape: extents)
    } else {
      try group.createArray("spike_array", values, shape: extents)
    }
    if let laser { try group.createArray("laser_durations", laser, shape: [laser.count]) }
  }
}

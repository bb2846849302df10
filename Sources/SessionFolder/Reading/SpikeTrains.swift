import HDF5File
import Inference
import Parameters
import Vocabulary

/// The spike arrays of a session: `/spike_trains/<digital input>/spike_array`, (trials, units, ms).
struct SpikeTrains {
  /// The tastes that have trials, in upstream's order.
  let tastes: [Taste]
  /// Of every taste alike.
  let units: Int
  /// Length of a trial in ms; of the shortest, should they differ.
  let trialDuration: Int
  let notices: [String]

  struct Taste {
    /// Position among all digital inputs, those without trials included.
    let index: Int
    let digIn: String
    let trials: Int
    let laserTrials: Int
    let array: H5Dataset
  }

  private static let group = "spike_trains"
  // A damaged or hostile header can claim any shape without the data. Far above any recording, and small enough
  // to be read: a trial is held in memory.
  private static let mostTastes = 1000
  private static let mostTrials = 100_000
  /// 1,000 units that last a minute, in one trial.
  private static let mostElementsPerTrial = 1 << 26
  private static let mostUnits = 10_000
  private static let remedy = "run blech_make_arrays.py again"

  /// - Parameters:
  ///   - path: how errors name the file.
  ///   - unreadiness: what it means that there are no spikes at all.
  /// - Throws: `Failure` with `.badData` where the arrays are not what blech_clust writes.
  init(in root: H5Group, path: String, ifNone unreadiness: Unreadiness) throws {
    guard let group = try root.group(Self.group) else {
      throw Failure(
        .badData, path, "holds no /\(Self.group): the session has no sorted units yet",
        remedy: "sort it with blech_clust up to blech_make_arrays.py", unreadiness: unreadiness)
    }
    var tastes: [Taste] = []
    var notices: [String] = []
    var extents: (units: Int, duration: Int)? = nil
    for (index, digIn) in Self.inTasteOrder(try group.childNames(limit: Self.mostTastes)).enumerated() {
      guard case .group(let member) = try group.child(digIn) else {
        notices.append("/\(Self.group)/\(digIn) is no digital input and is skipped")
        continue
      }
      guard let array = try member.dataset("spike_array") else {
        throw Failure(
          .badData, "\(path), /\(Self.group)/\(digIn)", "holds no spike_array", remedy: Self.remedy)
      }
      let shape = try array.shape()
      guard shape.first != 0 else {
        notices.append("digital input \(digIn) has no trials and is skipped")
        continue
      }
      try Self.check(shape, of: array, in: path, against: extents?.units, ifNone: unreadiness)
      extents = (shape[1], min(shape[2], extents?.duration ?? shape[2]))
      tastes.append(
        Taste(
          index: index, digIn: digIn, trials: shape[0],
          laserTrials: try Self.laserTrials(in: member, trials: shape[0]), array: array))
    }
    guard let extents else {
      throw Failure(
        .badData, "\(path), /\(Self.group)", "no taste has any trials",
        remedy: "check the session's digital inputs", unreadiness: unreadiness)
    }
    self.tastes = tastes
    self.notices = notices
    (units, trialDuration) = (extents.units, extents.duration)
  }

  /// By the code points of what follows the last `-`, then by the whole name: upstream's order, in which
  /// `dig_in_10` comes before `dig_in_2`.
  static func inTasteOrder(_ names: [String]) -> [String] {
    func key(_ name: String) -> [[UInt32]] {
      let suffix = name.split(separator: "-", omittingEmptySubsequences: false).last ?? ""
      return [suffix.unicodeScalars.map(\.value), name.unicodeScalars.map(\.value)]
    }
    return names.sorted { left, right in
      let (left, right) = (key(left), key(right))
      return left[0] == right[0]
        ? left[1].lexicographicallyPrecedes(right[1]) : left[0].lexicographicallyPrecedes(right[0])
    }
  }

  private static func check(
    _ shape: [Int], of array: H5Dataset, in path: String, against units: Int?,
    ifNone unreadiness: Unreadiness
  ) throws {
    func refuse(_ what: String, _ unreadiness: Unreadiness? = nil) -> Failure {
      Failure(.badData, "\(path), \(array.name)", what, remedy: remedy, unreadiness: unreadiness)
    }
    let type = try array.elementType()
    guard type.isNumeric else { throw refuse("holds \(type), expected numbers") }
    guard shape.count == 3 else {
      throw refuse("has \(shape.count) axes (\(shape)), expected 3: trials, units, ms")
    }
    guard shape[1] > 0 else { throw refuse("holds no units", units == nil ? unreadiness : nil) }
    guard units == nil || units == shape[1] else {
      throw refuse("holds \(shape[1]) units, the tastes before it hold \(units!)")
    }
    let (perTrial, overflow) = shape[1].multipliedReportingOverflow(by: shape[2])
    guard shape[0] <= mostTrials, shape[1] <= mostUnits, !overflow, perTrial <= mostElementsPerTrial else {
      throw refuse("claims the shape \(shape), more than any recording holds")
    }
  }

  /// Trials during which the laser was on; 0 where the session has none, or not one duration for each trial.
  private static func laserTrials(in digIn: H5Group, trials: Int) throws(H5Error) -> Int {
    guard case .dataset(let durations) = try digIn.child("laser_durations"),
      try durations.shape() == [trials],
      try durations.elementType().isNumeric
    else { return 0 }
    var values = [Double](repeating: 0, count: trials)
    try durations.readNumbers(start: [0], count: [trials], into: &values)
    return values.count { $0 > 0 }
  }
}

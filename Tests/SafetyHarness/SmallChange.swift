import HDF5File

/// One change of the small files that `Tests/HDF5FileTests/Fixtures/make_superblocks.py` makes.
package enum SmallChange: String, CaseIterable, Sendable {
  /// Results where there were none.
  case add
  /// Results of another shape.
  case replace
  /// Results of the same shape.
  case overwrite
  case remove

  private static let (trials, units) = (2, 3)
  private static let values = (0..<1000).map { Double($0) / 7 }
  private static let fingerprint = AttributeValue.text(String(repeating: "1", count: 64))

  private var group: String { self == .add ? "region_all_taste_1" : "region_all_taste_0" }
  /// Those of the file's own results are 60.
  private var bins: Int { self == .overwrite ? 60 : 70 }

  package func apply(_ root: H5Group) throws {
    let regions = try root.group("rnn_output")!.group("regions")!
    switch self {
    case .add: try write(into: regions.createGroup(group))
    case .replace:
      try regions.remove(group)
      try write(into: regions.createGroup(group))
    case .overwrite: try write(into: regions.group(group)!)
    case .remove: try root.remove("rnn_output")
    }
  }

  private func write(into group: H5Group) throws {
    let shape = [Self.trials, Self.units, bins]
    try group.setArray("pred_firing", Array(Self.values.prefix(shape.reduce(1, *))), shape: shape)
    try group.setArray("pred_x", (0..<bins).map { Int64($0) }, shape: [bins])
    try group.setAttribute("warning", .text(""))
    try group.setAttribute("fingerprint", Self.fingerprint)
  }

  /// Whether the file holds what the change brings, and all else that it held before.
  package func isComplete(in root: H5Group, before: H5Group) throws -> Bool {
    func spikes(_ root: H5Group) throws -> [Double] {
      try root.group("spike_trains")!.group("dig_in_0")!.dataset("spike_array")!.readAll()
    }
    guard try spikes(root).contains(1), try spikes(root) == spikes(before),
      try root.dataset("unit_descriptor")!.readColumn("electrode_number") == [0, 5, 40]
    else { return false }
    if self == .remove { return try !root.contains("rnn_output") }
    guard let regions = try root.group("rnn_output")?.group("regions"),
      try regions.childNames().count == (self == .add ? 2 : 1),
      let group = try regions.group(group), let rates = try group.dataset("pred_firing")
    else { return false }
    let shape = [Self.trials, Self.units, bins]
    return try rates.shape() == shape
      && rates.readAll(as: Double.self) == Array(Self.values.prefix(shape.reduce(1, *)))
      && group.attribute("warning") == .text("") && group.attribute("fingerprint") == Self.fingerprint
  }
}

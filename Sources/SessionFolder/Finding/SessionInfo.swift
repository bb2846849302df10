import Vocabulary

/// What blechd needs of a session's `.info`: which electrodes lie in which region, and what the digital
/// inputs delivered.
struct SessionInfo: Equatable {
  /// Electrodes of each region, regions in alphabetical order. Ports of EMG and unused electrodes are no
  /// regions.
  var regions: [Region]
  /// The tastes' names in the order of the digital inputs.
  var tastes: [String]
  /// Names of the digital inputs in the same order; older files lack them.
  var digInNames: [String]?
  /// Numbers of the digital inputs in the same order; nil for one that has none.
  var digIns: [Int?]?

  struct Region: Equatable {
    var name: String
    var electrodes: Set<Int>
  }

  init(_ json: JSONValue) {
    var regions: [Region] = []
    if case .object(let layout) = json["electrode_layout"] {
      for (name, electrodes) in layout.sorted(by: { $0.key < $1.key }) where !Self.isNoRegion(name) {
        regions.append(Region(name: name, electrodes: Set(Self.integers(in: electrodes))))
      }
    }
    self.regions = regions
    let taste = json["taste_params"]
    tastes = (taste?["tastes"]?.elements ?? []).map { $0.text ?? "" }
    digInNames = taste?["dig_in_names"]?.elements?.map { $0.text ?? "" }
    digIns = taste?["dig_ins"]?.elements?.map(\.integer)
  }

  private static func isNoRegion(_ name: String) -> Bool {
    let lowered = name.lowercased()
    return lowered.contains("emg") || lowered.contains("none")
  }

  /// The numbers anywhere in a nest of arrays: [[0, 1], [2]] and [0, 1, 2] alike.
  private static func integers(in value: JSONValue) -> [Int] {
    value.elements?.flatMap(integers) ?? value.integer.map { [$0] } ?? []
  }

  /// What a digital input delivered: by its name, else by the number that its name ends in; nil where the
  /// file does not tell.
  func tasteName(ofDigIn name: String) -> String? {
    let position =
      digInNames?.firstIndex(of: name)
      ?? Int(String(name.reversed().prefix { $0.isNumber }.reversed())).flatMap { digIns?.firstIndex(of: $0) }
    guard let position, tastes.indices.contains(position), !tastes[position].isEmpty else { return nil }
    return tastes[position]
  }

  /// Why a region cannot be called that: its name becomes part of file and group names.
  static func problem(ofRegionName name: String) -> String? {
    if name.isEmpty { return "it is empty" }
    if name.hasPrefix(".") { return "it starts with a dot" }
    if name.contains("/") { return "it holds a slash" }
    if name == JobIdentity.allRegions { return "it means all regions together" }
    if name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
      return "it holds a control character"
    }
    if name.utf8.count > 100 { return "it is longer than 100 bytes" }
    return nil
  }
}

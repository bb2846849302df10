import HDF5File
import Vocabulary

/// The units that are inferred together: those of one region, or all of them.
struct UnitGroup: Equatable {
  /// The region's name, or `all`.
  let region: String
  /// Rows of `/unit_descriptor`, ascending.
  let rows: [Int]
}

enum UnitGroups {
  private static let table = "unit_descriptor"

  /// One group for all units.
  static func together(units: Int) -> [UnitGroup] {
    [UnitGroup(region: JobIdentity.allRegions, rows: Array(0..<units))]
  }

  /// One group for each region that has units.
  ///
  /// - Returns: the groups, and notices about regions without units and units without a region.
  static func byRegion(
    _ info: SessionInfo, units: Int, in root: H5Group, h5Path: String, infoPath: String
  ) throws -> (groups: [UnitGroup], notices: [String]) {
    guard let table = try root.dataset(table) else {
      throw Failure(
        .badData, h5Path, "holds no /\(table), which tells the units' electrodes",
        remedy: "leave --separate-regions out, or run blech_post_process.py again")
    }
    let electrodes = try table.readColumn("electrode_number")
    guard electrodes.count == units else {
      throw Failure(
        .badData, "\(h5Path), \(table.name)",
        "has \(electrodes.count) rows, the spike arrays have \(units) units",
        remedy: "run blech_make_arrays.py again")
    }
    for region in info.regions {
      if let problem = SessionInfo.problem(ofRegionName: region.name) {
        throw Failure(
          .badData, "\(infoPath), electrode_layout",
          "a region cannot be called \"\(region.name)\": \(problem)",
          remedy: "rename it there")
      }
    }
    return try divide(electrodes.map { Int($0) }, among: info.regions, infoPath: infoPath)
  }

  static func divide(
    _ electrodes: [Int], among regions: [SessionInfo.Region], infoPath: String
  ) throws(Failure) -> (groups: [UnitGroup], notices: [String]) {
    var groups: [UnitGroup] = []
    var notices: [String] = []
    for region in regions {
      let rows = electrodes.indices.filter { region.electrodes.contains(electrodes[$0]) }
      if rows.isEmpty {
        notices.append("region \(region.name) has no units and is skipped")
      } else {
        groups.append(UnitGroup(region: region.name, rows: rows))
      }
    }
    let listed = regions.reduce(into: Set<Int>()) { $0.formUnion($1.electrodes) }
    let strays = electrodes.indices.filter { !listed.contains(electrodes[$0]) }
    if !strays.isEmpty {
      notices.append(
        (strays.count == 1 ? "1 unit lies" : "\(strays.count) units lie")
          + " on electrodes that no region lists: in no region")
    }
    guard !groups.isEmpty else {
      throw Failure(
        .badData, "\(infoPath), electrode_layout", "no region has any units",
        remedy: "correct the layout, or leave --separate-regions out")
    }
    return (groups, notices)
  }
}

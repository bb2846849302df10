import Testing
import Vocabulary

@testable import SessionFolder

@Suite struct UnitGroupsTests {
  private static let regions: [SessionInfo.Region] = [
    .init(name: "gc", electrodes: [0, 1, 2]), .init(name: "pc", electrodes: [8, 9]),
  ]

  private func divide(
    _ electrodes: [Int], _ regions: [SessionInfo.Region] = regions
  ) throws -> (groups: [UnitGroup], notices: [String]) {
    try UnitGroups.divide(electrodes, among: regions, infoPath: "a.info")
  }

  @Test func `A unit belongs to the region that lists its electrode`() throws {
    let (groups, notices) = try divide([2, 9, 0, 8, 2])
    #expect(groups == [UnitGroup(region: "gc", rows: [0, 2, 4]), UnitGroup(region: "pc", rows: [1, 3])])
    #expect(notices == [])
  }

  @Test(arguments: [([0, 8, 64], "1 unit lies"), ([0, 8, 64, -1], "2 units lie")])
  func `A unit on an electrode that no region lists belongs to none`(electrodes: [Int], notice: String) throws
  {
    let (groups, notices) = try divide(electrodes)
    #expect(groups == [UnitGroup(region: "gc", rows: [0]), UnitGroup(region: "pc", rows: [1])])
    #expect(notices.count == 1 && notices[0].hasPrefix(notice))
  }

  @Test func `A region without units is skipped and named, and does not shift the next`() throws {
    let (groups, notices) = try divide([8, 9])
    #expect(groups == [UnitGroup(region: "pc", rows: [0, 1])])
    #expect(notices == ["region gc has no units and is skipped"])
  }

  @Test func `No region with units is an error that names the layout`() {
    for (electrodes, regions) in [([64], Self.regions), ([0], []), ([], Self.regions)] {
      let failure = #expect(throws: Failure.self) { try divide(electrodes, regions) }
      #expect(failure?.code == .badData)
      #expect(failure?.place == "a.info, electrode_layout")
    }
  }

  @Test func `All units together are called all`() {
    #expect(UnitGroups.together(units: 3) == [UnitGroup(region: "all", rows: [0, 1, 2])])
  }
}

@Suite struct TasteOrderTests {
  @Test(arguments: [
    ["dig_in_0", "dig_in_1", "dig_in_10", "dig_in_2"], ["DIN-10", "DIN-11", "DIN-9"],
    ["board-DIN-11", "DIN-12", "board-DIN-13"], ["DIN-11", "board-DIN-11"],
    ["a valve-1", "the first valve", "the second valve"], ["x-", "dig_in_1"], ["z-A", "a-a", "b-ä"],
    ["only"], [],
  ]) func `Tastes are ordered by the text after the last dash, as upstream orders them`(names: [String]) {
    #expect(SpikeTrains.inTasteOrder(names) == names)
    #expect(SpikeTrains.inTasteOrder(names.reversed()) == names)
  }
}

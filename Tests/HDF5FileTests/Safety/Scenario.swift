import Foundation
import HDF5File
import SafetyHarness
import Testing

/// One change to one small file that PyTables wrote; `Fixtures/make_superblocks.py` made them.
struct Scenario: Sendable, CustomTestStringConvertible {
  let operation: SmallChange
  /// The version of HDF5's superblock.
  let superblock: Int

  static let all = [0, 2, 3].flatMap { version in
    SmallChange.allCases.map { Scenario(operation: $0, superblock: version) }
  }
  static let fileName = "session.h5"
  static let journalName = Journal.name(besides: fileName)

  var testDescription: String { "\(operation), superblock \(superblock)" }

  /// The file before.
  func old() throws -> [UInt8] {
    let path = try #require(
      Bundle.module.path(forResource: "superblock_\(superblock)", ofType: "h5", inDirectory: "Fixtures"))
    return Array(try Data(contentsOf: URL(filePath: path)))
  }

  func start() throws -> DiskState { DiskState([Self.fileName: try old()]) }

  /// The file after a change that nothing disturbed, and the calls that it took. No clock and no chance enters, so that
  /// every run gives the same bytes.
  func undisturbed() throws -> (new: [UInt8], calls: [SimulatedDisk.Call], states: [DiskState]) {
    let disk = SimulatedDisk(try start())
    var states: [DiskState] = []
    disk.observe = { states.append($0) }
    try commit(on: disk)
    #expect(disk.state[Self.journalName] == nil)
    return (disk.state[Self.fileName]!, disk.calls, states + [disk.state])
  }

  @discardableResult
  func commit(on disk: SimulatedDisk) throws -> CommitReceipt {
    try H5Transaction.locking(SimulatedDisk.place(Self.fileName), calls: disk) {
      try $0.change(operation.apply)
    }
  }

  static func recover(_ disk: SimulatedDisk) throws -> RecoveryOutcome {
    try H5Recovery.recover(SimulatedDisk.place(fileName), calls: disk)
  }
}

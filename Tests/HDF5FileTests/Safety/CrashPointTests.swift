import HDF5File
import SafetyHarness
import TestSupport
import Testing

/// A process that is stopped at any of its system calls, or in the middle of a write, again and again.
@Suite struct CrashPointTests {
  @Test(arguments: Scenario.all)
  func `A change that nothing disturbs brings what it was to bring`(scenario: Scenario) throws {
    let (new, _, _) = try scenario.undisturbed()
    try withScratch { scratch in
      let before = try open(scratch.write("before.h5", scenario.old()))
      let after = try open(scratch.write("after.h5", new))
      #expect(try scenario.operation.isComplete(in: after.root, before: before.root))
      #expect(try !scenario.operation.isComplete(in: before.root, before: before.root))
    }
  }

  @Test(arguments: Scenario.all)
  func `Stopped at any call, and in any recovery, the file is in the end its old or its new self`(
    scenario: Scenario
  ) throws {
    var exploration = try Exploration(scenario)
    try exploration.run()
    print(
      "\(scenario.testDescription): stopped at \(exploration.points) points, "
        + "\(exploration.states) different states, \(exploration.recoveries) interrupted recoveries")
    #expect(exploration.broken.isEmpty, "\(exploration.broken.prefix(5))")
    #expect(exploration.points > 50 && exploration.recoveries > 100)
  }
}

/// Visits every state that a stopped commit, and any number of stopped recoveries after it, can leave.
private struct Exploration {
  private let scenario: Scenario
  private let (old, new): ([UInt8], [UInt8])
  private let calls: [SimulatedDisk.Call]
  private var waiting: [DiskState] = []
  private var seen: Set<[[UInt8]]> = []

  private(set) var points = 0
  private(set) var recoveries = 0
  private(set) var broken: [String] = []
  var states: Int { seen.count }

  init(_ scenario: Scenario) throws {
    self.scenario = scenario
    old = try scenario.old()
    (new, calls, _) = try scenario.undisturbed()
  }

  mutating func run() throws {
    for (index, call) in calls.enumerated() {
      for bytes in call.everySector {
        let disk = SimulatedDisk(try scenario.start())
        disk.events[index] = .stop(afterBytes: bytes)
        #expect(throws: H5Error.self) { try scenario.commit(on: disk) }
        #expect(disk.isStopped)
        points += 1
        visitLater(disk.state)
      }
    }
    while let state = waiting.popLast() { try visit(state) }
  }

  private mutating func visitLater(_ state: DiskState) {
    if seen.insert(state.visible).inserted { waiting.append(state) }
  }

  /// Recovers, undisturbed, and looks at the result; then stops the same recovery wherever it can be stopped.
  private mutating func visit(_ state: DiskState) throws {
    let disk = SimulatedDisk(state)
    do {
      _ = try Scenario.recover(disk)
      let file = disk.state[Scenario.fileName]
      if file != old && file != new { broken.append("neither old nor new") }
      if disk.state[Scenario.journalName] != nil { broken.append("a journal is left") }
    } catch {
      broken.append("\(error)")
    }
    for (index, call) in disk.calls.enumerated() {
      for bytes in call.everySector {
        let stopped = SimulatedDisk(state)
        stopped.events[index] = .stop(afterBytes: bytes)
        _ = try? Scenario.recover(stopped)
        recoveries += 1
        visitLater(stopped.state)
      }
    }
  }
}

extension SimulatedDisk.Call {
  /// After how many of its bytes a call can be stopped: before the first, and between any two sectors.
  fileprivate var everySector: [Int] {
    guard case .write(let name, let offset, let count) = self else { return [0] }
    let sectors = stride(from: 512 - Int(offset % 512), to: count, by: 512)
    // Only where old bytes are overwritten does it matter that a disk writes no less than a sector.
    return [0] + (name == Scenario.journalName ? [1, count - 1] : []) + sectors
  }
}

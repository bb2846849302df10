import Foundation
import HDF5File
import SafetyHarness
import TestSupport
import Testing

/// A power cut at any moment, after which any part of what was not synchronised may be missing.
///
/// `BLECHD_LOST_WRITES` sets how many states are tried, `BLECHD_SEED` which.
@Suite struct LostWriteTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let states = environment["BLECHD_LOST_WRITES"].flatMap { Int($0) } ?? 6000
  private static let seed = environment["BLECHD_SEED"].flatMap { UInt64($0) } ?? 1

  @Test(arguments: Scenario.all)
  func `Whatever a power cut loses, the file is in the end its old or its new self`(scenario: Scenario) throws
  {
    let count = Self.states / Scenario.all.count
    var trial = try PowerCuts(scenario, seed: Self.seed)
    for _ in 0..<count { try trial.run() }
    print(
      "\(scenario.testDescription): \(trial.cuts) power cuts in \(count) histories, seed \(Self.seed)")
    #expect(trial.broken.isEmpty, "\(trial.broken.prefix(5))")
  }

  /// What protects the file must be seen to: a harness that finds nothing may look at nothing.
  @Test(arguments: Forgotten.all)
  func `Without any one of its synchronisations, a commit or a recovery is found to break its promise`(
    forgotten: Forgotten
  ) throws {
    let scenario = Scenario(operation: .replace, superblock: 0)
    var trial = try PowerCuts(scenario, seed: Self.seed, forgotten)
    for _ in 0..<1000 { try trial.run() }
    print("without \(forgotten.testDescription): \(trial.broken.count) of 1000 histories end badly")
    #expect(!trial.broken.isEmpty)
  }
}

/// A synchronisation that reports success and does nothing.
struct Forgotten: Sendable, CustomTestStringConvertible {
  var ofCommit: Int?
  var ofRecovery: Int?

  static let none = Forgotten()
  /// In the order in which they happen.
  private static let commits = [
    "that of what others wrote before", "the journal's", "that of the journal's name",
    "that of what was added", "that of what was overwritten",
    "that of the journal's removal",
  ]
  private static let recoveries = ["the restored file's", "that of the journal's removal"]

  static let all =
    commits.indices.map { Forgotten(ofCommit: $0) } + recoveries.indices.map { Forgotten(ofRecovery: $0) }

  var testDescription: String {
    ofCommit.map { "a commit's synchronisation: " + Self.commits[$0] }
      ?? ofRecovery.map { "a recovery's synchronisation: " + Self.recoveries[$0] } ?? "none"
  }
}

/// Histories of one change: a power cut during or after the commit, then recoveries, each with a power cut of its own.
private struct PowerCuts {
  private let scenario: Scenario
  private let forgotten: Forgotten
  private let (old, new): ([UInt8], [UInt8])
  /// The disk before each call of the commit, and after the last, from the moment on at which the old content is on it.
  private let states: [DiskState]
  private var generator: SeededNumbers

  private(set) var cuts = 0
  private(set) var broken: [String] = []

  init(_ scenario: Scenario, seed: UInt64, _ forgotten: Forgotten = .none) throws {
    self.scenario = scenario
    self.forgotten = forgotten
    old = try scenario.old()
    new = try scenario.undisturbed().new
    // Somebody has written the file a moment ago: the disk may still have something else, and shorter.
    let disk = SimulatedDisk(
      DiskState(Scenario.fileName, old, writtenOver: [UInt8](repeating: 0xA5, count: old.count / 2)))
    disk.forgottenSynchronisation = forgotten.ofCommit
    var states: [DiskState] = []
    disk.observe = { states.append($0) }
    try scenario.commit(on: disk)
    let isOnDisk = try #require(disk.calls.firstIndex(of: .synchronise(Scenario.fileName))) + 1
    self.states = states[isOnDisk...] + [disk.state]
    generator = SeededNumbers(seed: seed)
  }

  mutating func run() throws {
    let moment = Int.random(in: 0..<states.count, using: &generator)
    let wasReported = moment == states.count - 1
    var state = cut(states[moment])
    if let problem = beforeRecovery(state) { return broken.append(problem) }
    for _ in 0..<Int.random(in: 0...2, using: &generator) { state = cut(interruptedRecovery(of: state)) }
    let disk = recovering(state)
    do {
      _ = try Scenario.recover(disk)
    } catch {
      return broken.append("\(error)")
    }
    if let problem = afterRecovery(cut(disk.state), wasReported: wasReported) { broken.append(problem) }
  }

  private mutating func cut(_ state: DiskState) -> DiskState {
    cuts += 1
    let survival = [0, 0.1, 0.5, 0.9, 1].randomElement(using: &generator)!
    let garbage = [0, UInt8.random(in: 1...255, using: &generator)].randomElement(using: &generator)!
    return state.afterPowerCut(survival: survival, garbage: garbage, using: &generator)
  }

  private func recovering(_ state: DiskState) -> SimulatedDisk {
    let disk = SimulatedDisk(state)
    disk.forgottenSynchronisation = forgotten.ofRecovery
    return disk
  }

  /// The disk as it was before some call of a recovery, or at its end.
  private mutating func interruptedRecovery(of state: DiskState) -> DiskState {
    let disk = recovering(state)
    var states: [DiskState] = []
    disk.observe = { states.append($0) }
    _ = try? Scenario.recover(disk)
    return (states + [disk.state]).randomElement(using: &generator)!
  }

  /// No old byte may be gone before there is room for all that is added: a full disk must leave the file alone.
  private func beforeRecovery(_ state: DiskState) -> String? {
    let file = state[Scenario.fileName]!
    guard file.count != old.count || file != old else { return nil }
    let isOverwritten = !file.prefix(old.count).elementsEqual(old)
    let isGrown = file.dropFirst(old.count).elementsEqual(new.dropFirst(old.count))
    return isOverwritten && !isGrown ? "old bytes are gone before the file has grown" : nil
  }

  private func afterRecovery(_ state: DiskState, wasReported: Bool) -> String? {
    let file = state[Scenario.fileName]
    if file != old && file != new { return "neither old nor new" }
    if wasReported && file != new { return "reported as written, and gone" }
    if state[Scenario.journalName] != nil { return "the journal has come back" }
    return nil
  }
}

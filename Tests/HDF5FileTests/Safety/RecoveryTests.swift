import Crypto
import SafetyHarness
import SystemPackage
import TestSupport
import Testing

@testable import HDF5File

/// What recovery makes of journals that fit, and of those that do not.
@Suite struct RecoveryTests {
  private static let scenario = Scenario(operation: .replace, superblock: 0)

  /// The disk in the middle of a commit: some old bytes are overwritten, the journal is there.
  private func interrupted() throws -> (disk: SimulatedDisk, old: [UInt8]) {
    let (old, states) = (try Self.scenario.old(), try Self.scenario.undisturbed().states)
    let state = try #require(
      states.first {
        !$0[Scenario.fileName]!.prefix(old.count).elementsEqual(old) && $0[Scenario.journalName] != nil
      })
    return (SimulatedDisk(state), old)
  }

  private func refusal(_ disk: SimulatedDisk) throws -> JournalRefusal? {
    let before = disk.state.visible
    let error = #expect(throws: H5Error.self) { try Scenario.recover(disk) }
    #expect(disk.state.visible == before, "a refusal touches nothing")
    // Neither does anything else open the file for writing then.
    let second = #expect(throws: H5Error.self) { try Self.scenario.commit(on: disk) }
    #expect(second == error)
    if case .refused(let refusal) = error?.code { return refusal } else { return nil }
  }

  @Test func `An interrupted commit is undone, which is said, and then there is nothing to do`() throws {
    let (disk, old) = try interrupted()
    guard case .rolledBack(let pages, let length) = try Scenario.recover(disk) else {
      Issue.record("not rolled back")
      return
    }
    #expect(pages > 1 && length == Int64(old.count))
    #expect(disk.state[Scenario.fileName] == old)
    #expect(try Scenario.recover(disk) == .nothingToDo)
  }

  @Test func `What opens a file for a change recovers it first`() throws {
    let (disk, _) = try interrupted()
    try Self.scenario.commit(on: disk)
    #expect(try disk.state[Scenario.fileName] == Self.scenario.undisturbed().new)
  }

  @Test func `A backup copied over a file with a journal is left alone`() throws {
    let (disk, old) = try interrupted()
    // Another session, and this one at another time: longer, or with another page.
    let other = try Scenario(operation: .add, superblock: 2).old()
    disk.rewrite(Scenario.fileName, other)
    #expect(
      try refusal(disk)
        == .otherLength(found: Int64(other.count), old: Int64(old.count), new: try newLength()))
    var changed = old
    changed[100] ^= 1
    disk.rewrite(Scenario.fileName, changed)
    #expect(try refusal(disk) == .changedSince(offset: 0))
  }

  private func newLength() throws -> Int64 { Int64(try Self.scenario.undisturbed().new.count) }

  @Test func `A backup of the very content that the journal restores loses nothing`() throws {
    let (disk, old) = try interrupted()
    disk.rewrite(Scenario.fileName, old)
    #expect(throws: Never.self) { try Scenario.recover(disk) }
    #expect(disk.state[Scenario.fileName] == old)
  }

  @Test func `A file put in the place of the journal's is left alone`() throws {
    let (disk, old) = try interrupted()
    disk.replace(Scenario.fileName, by: old)
    #expect(try refusal(disk) == .otherFile)
  }

  @Test func `A copy of a file in the middle of a change is not taken for a whole one`() throws {
    let (disk, _) = try interrupted()
    disk.replace(Scenario.fileName, by: disk.state[Scenario.fileName]!)
    #expect(try refusal(disk) == .tornCopy)
    #expect(!JournalRefusal.tornCopy.mayBeDiscarded && JournalRefusal.otherFile.mayBeDiscarded)
  }

  @Test func `A damaged journal is kept if the file is not what it was when the journal was begun`() throws {
    for damage in ["the end", "a bit"] {
      let (disk, old) = try interrupted()
      // Its length alone would tell that something was begun.
      disk.rewrite(Scenario.fileName, Array(disk.state[Scenario.fileName]!.prefix(old.count)))
      var journal = disk.state[Scenario.journalName]!
      if damage == "the end" { journal.removeLast() } else { journal[journal.count - 100] ^= 1 }
      disk.rewrite(Scenario.journalName, journal)
      #expect(try refusal(disk) == .damaged)
      // A copy of both is no better.
      disk.replace(Scenario.fileName, by: disk.state[Scenario.fileName]!)
      #expect(try refusal(disk) == .damaged)
    }
  }

  @Test func `A file that another program has made longer is left alone`() throws {
    let (disk, old) = try interrupted()
    disk.rewrite(Scenario.fileName, disk.state[Scenario.fileName]! + [UInt8](repeating: 1, count: 100_000))
    let found = Int64(disk.state[Scenario.fileName]!.count)
    #expect(
      try refusal(disk) == .otherLength(found: found, old: Int64(old.count), new: try newLength()))
  }

  @Test func `A journal whose file is gone is kept`() throws {
    let (disk, _) = try interrupted()
    disk.delete(Scenario.fileName)
    let error = #expect(throws: H5Error.self) { try Scenario.recover(disk) }
    #expect(error?.code == .missing)
    #expect(disk.state[Scenario.journalName] != nil)
  }

  @Test func `A journal of another version of blechd is kept`() throws {
    let (disk, _) = try interrupted()
    var journal = disk.state[Scenario.journalName]!
    journal[8] = 2
    journal.replaceSubrange(480..<512, with: Array(SHA256.hash(data: journal[..<480])))
    disk.rewrite(Scenario.journalName, journal)
    #expect(try refusal(disk) == .otherVersion(2))
  }

  @Test func `A file that got a second name while a commit was interrupted is still recovered`() throws {
    let (disk, old) = try interrupted()
    disk.link(Scenario.fileName, names: 2)
    #expect(throws: Never.self) { try Scenario.recover(disk) }
    #expect(disk.state[Scenario.fileName] == old)
    let error = #expect(throws: H5Error.self) { try Self.scenario.commit(on: disk) }
    #expect(error?.code == .unsupported && error?.reason.contains("hard links") == true)
  }

  // MARK: Journals that were never finished

  /// The disk after a journal was written and before the file is touched, with another journal in that one's place.
  private func armed(_ change: (inout [UInt8]) -> Void) throws -> (disk: SimulatedDisk, old: [UInt8]) {
    let (old, states) = (try Self.scenario.old(), try Self.scenario.undisturbed().states)
    let state = try #require(
      states.last { $0[Scenario.fileName] == old && $0[Scenario.journalName] != nil })
    let disk = SimulatedDisk(state)
    var journal = state[Scenario.journalName]!
    change(&journal)
    disk.rewrite(Scenario.journalName, journal)
    return (disk, old)
  }

  private func expectRemoved(_ disk: SimulatedDisk, _ old: [UInt8]) throws {
    #expect(try Scenario.recover(disk) == .removedUnfinishedJournal)
    #expect(disk.state.visible == DiskState([Scenario.fileName: old]).visible)
  }

  @Test func `A journal cut off anywhere is removed, and the file is not touched`() throws {
    let whole = try armed { _ in }.disk.state[Scenario.journalName]!.count
    for length in Array(stride(from: 0, to: whole, by: 61)) + [511, 512, whole - 1] {
      let (disk, old) = try armed { $0 = Array($0.prefix(length)) }
      try expectRemoved(disk, old)
    }
  }

  @Test func `A flipped bit anywhere in a journal is noticed`() throws {
    var generator = SeededNumbers(seed: 3)
    for _ in 0..<500 {
      let (disk, old) = try armed { journal in
        journal[Int.random(in: 0..<journal.count, using: &generator)] ^=
          1 << UInt8.random(in: 0...7, using: &generator)
      }
      try expectRemoved(disk, old)
    }
  }

  @Test func `A journal that claims what cannot be is never believed`() throws {
    for claim: Int64 in [.max, .max / 4096, -1, 1 << 51] {
      // The number of records; and the page of the first.
      for (offset, end) in [(64, 480), (512, 512 + 4168)] {
        let (disk, old) = try armed { bytes in
          bytes.replaceSubrange(
            offset..<(offset + 8), with: withUnsafeBytes(of: claim.littleEndian) { Array($0) })
          var hashed = Array(bytes[(offset == 64 ? 0 : 512)..<end])
          // A record's digest is over the header's salt, too.
          if offset == 512 { hashed = Array(bytes[56..<64]) + hashed }
          let digest = Array(SHA256.hash(data: hashed)).prefix(offset == 64 ? 32 : 16)
          bytes.replaceSubrange(end..<(end + digest.count), with: digest)
        }
        try expectRemoved(disk, old)
      }
    }
  }

  // MARK: Other programs during a change

  @Test func `A file replaced between opening and locking is left alone`() throws {
    for isDeleted in [false, true] {
      let disk = SimulatedDisk(try Self.scenario.start())
      disk.observe = { [unowned disk] _ in
        guard disk.calls.last == .other("open") else { return }
        if isDeleted {
          disk.delete(Scenario.fileName)
        } else {
          disk.replace(Scenario.fileName, by: [1, 2, 3])
        }
        disk.observe = nil
      }
      let error = #expect(throws: H5Error.self) { try Self.scenario.commit(on: disk) }
      #expect(error?.code == .busy && error?.reason.contains("replaced") == true)
      #expect(disk.state[Scenario.fileName] == (isDeleted ? nil : [1, 2, 3]))
    }
  }

  @Test func `A file replaced while it is written keeps its new content, and nothing is reported as written`()
    throws
  {
    let theirs: [UInt8] = [1, 2, 3]
    for place in [SimulatedDisk.Call.other("lease"), .synchronise("directory"), .other("truncate")] {
      let disk = SimulatedDisk(try Self.scenario.start())
      disk.observe = { [unowned disk] _ in
        guard disk.calls.last == place else { return }
        disk.replace(Scenario.fileName, by: theirs)
        disk.observe = nil
      }
      let error = #expect(throws: H5Error.self) { try Self.scenario.commit(on: disk) }
      #expect(error?.code == .busy && error?.reason.contains("replaced") == true)
      #expect(disk.state[Scenario.fileName] == theirs && disk.state[Scenario.journalName] == nil)
      // Before the journal is begun, nothing at all is written.
      let writes = disk.calls.count { if case .write = $0 { true } else { false } }
      #expect((place == .other("lease")) == (writes == 0))
    }
  }

  @Test func `A file that a program without a lock writes to meanwhile is left alone`() throws {
    let disk = SimulatedDisk(try Self.scenario.start())
    var theirs = try Self.scenario.old()
    theirs[5000] ^= 1
    disk.observe = { [unowned disk] _ in
      // At the last moment before the journal is written: the first lease is a probe.
      if disk.calls.last == .other("lease"), disk.calls.count(where: { $0 == .other("lease") }) == 2 {
        disk.rewrite(Scenario.fileName, theirs)
        disk.observe = nil
      }
    }
    let error = #expect(throws: H5Error.self) { try Self.scenario.commit(on: disk) }
    #expect(error?.code == .busy && error?.reason.contains("another program") == true)
    #expect(disk.state[Scenario.fileName] == theirs && disk.state[Scenario.journalName] == nil)
  }
}

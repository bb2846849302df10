import FileAccess
import Foundation
import Glibc
import SafetyHarness
import SystemPackage
import TestSupport
import Testing

@testable import HDF5File

/// A real file, and others who have a hand on it.
@Suite struct OtherProgramsTests {
  private static let scenario = Scenario(operation: .replace, superblock: 0)

  /// Leases are for local file systems, and for a file's owner.
  private static let hasLeases = ConditionTrait.enabled("this file system or user gets no leases") {
    try withScratch { scratch in
      let file = open(try scratch.write("file", ""), O_RDWR)
      defer { close(file) }
      do throws(Errno) {
        try SystemCalls().takeLease(FileDescriptor(rawValue: file))
        return true
      } catch {
        return false
      }
    }
  }

  private func withFile(_ body: (_ path: String, _ scratch: Scratch) throws -> Void) throws {
    try withScratch { try body(try $0.write(Scenario.fileName, Self.scenario.old()), $0) }
  }

  private func change(_ path: String) throws { try changeH5(at: path, Self.scenario.operation.apply) }

  private func refusal(_ path: String) throws -> H5Error? {
    #expect(throws: H5Error.self) { try change(path) }
  }

  @Test func `A real file is changed, and its journal is gone`() throws {
    try withFile { path, scratch in
      try change(path)
      #expect(try scratch.bytes(Scenario.fileName) == Self.scenario.undisturbed().new)
      #expect(try scratch.names == [Scenario.fileName])
    }
  }

  @Test(arguments: [LOCK_SH, LOCK_EX]) func `A file that another program has locked is left alone`(
    lock: CInt
  ) throws {
    try withFile { path, scratch in
      let other = open(path, O_RDONLY)
      flock(other, lock)
      let refused = try refusal(path)
      #expect(refused?.code == .busy)
      #expect(try scratch.bytes(Scenario.fileName) == Self.scenario.old())
      close(other)
      try change(path)
    }
  }

  @Test(hasLeases, arguments: [O_RDONLY, O_RDWR])
  func `A file that another program has open without a lock is left alone`(access: CInt) throws {
    try withFile { path, scratch in
      let other = open(path, access)
      let refused = try refusal(path)
      #expect(refused?.code == .busy && refused?.reason.contains("without HDF5's locking") == true)
      #expect(try scratch.bytes(Scenario.fileName) == Self.scenario.old())
      #expect(try scratch.names == [Scenario.fileName])
      close(other)
      try change(path)
    }
  }

  @Test(hasLeases) func `A program that has the file open for a moment only is waited for`() throws {
    try withFile { path, _ in
      let other = open(path, O_RDONLY)
      let closing = Thread {
        usleep(100_000)
        close(other)
      }
      closing.start()
      try change(path)
    }
  }

  @Test(hasLeases) func `Recovery, too, keeps away from a file that a program without a lock has open`()
    throws
  {
    try withFile { path, scratch in
      let states = try Self.scenario.undisturbed().states
      let state = try #require(states.last { $0[Scenario.journalName] != nil })
      try scratch.write(Scenario.fileName, state[Scenario.fileName]!)
      try scratch.write(Scenario.journalName, state[Scenario.journalName]!)
      let other = open(path, O_RDWR)
      let error = #expect(throws: H5Error.self) { try withPlace(path) { try H5Recovery.recover($0) } }
      #expect(error?.code == .busy)
      #expect(try scratch.bytes(Scenario.fileName) == state[Scenario.fileName])
      close(other)
      // The journal was made for another inode, and the file is in the middle of its change.
      let refused = #expect(throws: H5Error.self) { try withPlace(path) { try H5Recovery.recover($0) } }
      #expect(refused?.code == .refused(.tornCopy))
    }
  }

  @Test(hasLeases) func `A second commit meets the first and is busy, and a reader of ours waits`() throws {
    try withFile { path, scratch in
      try withPlace(path) { place in
        _ = try H5Transaction.locking(place) { transaction in
          try transaction.change(Self.scenario.operation.apply) { _ in
            let error = #expect(throws: H5Error.self) { try change(path) }
            #expect(error?.code == .busy, "\(error?.reason ?? "")")
          }
        }
      }
      // Reading while somebody has a lease: it comes through when the lease is given back.
      let leased = FileDescriptor(rawValue: open(path, O_RDWR))
      let calls = SystemCalls()
      try calls.takeLease(leased)
      let start = ContinuousClock.now
      Thread {
        usleep(100_000)
        SystemCalls().giveLeaseBack(leased)
      }.start()
      try OpenDirectory(at: scratch.path).openFile(Scenario.fileName).close()
      #expect(ContinuousClock.now - start > .milliseconds(80))
      try leased.close()
    }
  }

  @Test(hasLeases) func `Who opens a file while it is written waits or is told to come back`() throws {
    try withFile { path, _ in
      try withPlace(path) { place in
        _ = try H5Transaction.locking(place) { transaction in
          let other = open(path, O_RDONLY)
          #expect(flock(other, LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK, "it is locked all the time")
          close(other)
          try transaction.change(Self.scenario.operation.apply) { _ in
            #expect(open(path, O_RDONLY | O_NONBLOCK) == -1 && errno == EWOULDBLOCK)
          }
        }
      }
      let after = open(path, O_RDONLY | O_NONBLOCK)
      #expect(after >= 0)
      close(after)
    }
  }

  @Test func `A symbolic link is not followed`() throws {
    try withFile { path, scratch in
      try FileManager.default.moveItem(atPath: path, toPath: scratch.path("elsewhere.h5"))
      symlink("elsewhere.h5", path)
      let refused = try refusal(path)
      #expect(refused?.reason.contains("symbolic link") == true)
      #expect(try scratch.bytes("elsewhere.h5") == Self.scenario.old())
    }
  }

  @Test func `A file with a second name is left alone, and the way out is named`() throws {
    try withFile { path, scratch in
      link(path, scratch.path("backup.h5"))
      let refused = try refusal(path)
      #expect(refused?.reason.contains("2 names (hard links)") == true)
      #expect(refused?.reason.contains("cp ") == true)
      #expect(try scratch.bytes("backup.h5") == Self.scenario.old())
    }
  }

  @Test(.enabled("giving files away needs root") { geteuid() == 0 })
  func `Another owner's file stays theirs, and its journal is theirs too`() throws {
    try withFile { path, scratch in
      chown(path, 12345, 23456)
      chmod(path, 0o664)
      var (journal, after) = (stat(), stat())
      try withPlace(path) { place in
        _ = try H5Transaction.locking(place) {
          try $0.change(Self.scenario.operation.apply) { _ in
            #expect(stat(scratch.path(Scenario.journalName), &journal) == 0)
          }
        }
      }
      stat(path, &after)
      for state in [journal, after] {
        #expect(state.st_uid == 12345 && state.st_gid == 23456 && state.st_mode & 0o777 == 0o664)
      }
    }
  }

  @Test func `A file of the newer format that its writer never closed is reported and untouched`() throws {
    let source = try #require(
      Bundle.module.path(forResource: "left_open", ofType: "h5", inDirectory: "Fixtures"))
    try withScratch { scratch in
      let bytes = Array(try Data(contentsOf: URL(filePath: source)))
      let path = try scratch.write(Scenario.fileName, bytes)
      let error = #expect(throws: H5Error.self) { try changeH5(at: path) { _ in } }
      #expect(error?.code == .leftOpen && error?.reason.contains("h5clear -s") == true)
      let whileReading = #expect(throws: H5Error.self) { try HDF5FileTests.open(path) }
      #expect(whileReading?.code == .leftOpen)
      #expect(try scratch.bytes(Scenario.fileName) == bytes)
    }
  }

  // MARK: What stands where a journal would

  @Test(arguments: ["link", "directory", "pipe"])
  func `What is no file where a journal would be is not touched`(kind: String) throws {
    try withFile { path, scratch in
      let journal = scratch.path(Scenario.journalName)
      switch kind {
      case "link": symlink(path, journal)
      case "directory": mkdir(journal, 0o755)
      default: mkfifo(journal, 0o644)
      }
      let refused = try refusal(path)
      #expect(refused?.code == .refused(.notAFile))
      #expect(try scratch.names == [Scenario.journalName, Scenario.fileName])
      #expect(try scratch.bytes(Scenario.fileName) == Self.scenario.old())
    }
  }

  @Test(.enabled("giving files away needs root") { geteuid() == 0 })
  func `A stranger's journal in a directory for everyone is not believed`() throws {
    try withFile { path, scratch in
      let states = try Self.scenario.undisturbed().states
      let journal = try #require(states.compactMap { $0[Scenario.journalName] }.last { $0.count > 512 })
      try scratch.write(Scenario.journalName, journal)
      chown(scratch.path(Scenario.journalName), 12345, 12345)
      chmod(scratch.path, 0o1777)
      let refused = try refusal(path)
      #expect(refused?.code == .refused(.ownerNotTrusted(12345)))
    }
  }

  @Test func `A journal that is discarded is kept under another name`() throws {
    try withFile { path, scratch in
      try scratch.write(Scenario.journalName, "what was to be undone")
      let name = try withPlace(path) { try H5Recovery.setJournalAside($0) }
      #expect(throws: H5Error.self) { try withPlace(path) { try H5Recovery.setJournalAside($0) } }
      #expect(try scratch.text(name) == "what was to be undone")
      #expect(name.hasPrefix(Scenario.journalName + ".discarded-"))
      #expect(Journal.h5Name(besides: name) == nil)
      try change(path)
    }
  }

  @Test(.enabled("as root every directory can be written to") { geteuid() != 0 })
  func `Where no journal can be made, nothing is changed`() throws {
    try withFile { path, scratch in
      chmod(scratch.path, 0o555)
      defer { chmod(scratch.path, 0o755) }
      let refused = try refusal(path)
      #expect(refused?.code == .system(errno: EACCES))
      #expect(try scratch.bytes(Scenario.fileName) == Self.scenario.old())
    }
  }

  // MARK: Growth

  @Test func `Results of the same shape are written over the old ones, and the file does not grow`() throws {
    try withScratch { scratch in
      let scenario = Scenario(operation: .overwrite, superblock: 0)
      let path = try scratch.write(Scenario.fileName, scenario.old())
      for round in 0..<50 {
        try changeH5(at: path) { root in
          try scenario.operation.apply(root)
          try root.group("rnn_output")!.setAttribute("round", .integer(Int64(round)))
        }
      }
      let growth = try scratch.bytes(Scenario.fileName).count - scenario.old().count
      #expect(growth < 4096, "\(growth)")
    }
  }

  @Test func `Results that change their shape every time make the file grow no further than the largest`()
    throws
  {
    try withScratch { scratch in
      let path = try scratch.write(Scenario.fileName, Self.scenario.old())
      var lengths: [Int] = []
      for round in 0..<60 {
        let bins = 1000 + round % 5
        try changeH5(at: path) { root in
          let regions = try root.group("rnn_output")!.group("regions")!
          try regions.remove("region_all_taste_0")
          let group = try regions.createGroup("region_all_taste_0")
          try group.createArray("pred_firing", [Double](repeating: 1, count: bins), shape: [bins])
          try group.setAttribute("warning", .text(String(repeating: "w", count: round % 7)))
        }
        lengths.append(try scratch.bytes(Scenario.fileName).count)
      }
      #expect(lengths.last! - lengths[9] < 8 * 1004, "\(lengths)")
    }
  }
}

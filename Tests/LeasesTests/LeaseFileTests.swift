import FileAccess
import Foundation
import TestSupport
import Testing
import Vocabulary

@testable import Leases

/// The lease file of one directory, on a real file system.
@Suite struct LeaseFileTests {
  private func file(_ scratch: Scratch) throws -> LeaseFile {
    LeaseFile(directory: try OpenDirectory(at: scratch.path), staleAfter: LeaseTimes().staleAfter)
  }

  @Test func `Who comes second is told who holds it, until it is given back`() throws {
    try withScratch { scratch in
      let (first, second) = (LeaseRecord(program: "blechd"), LeaseRecord(program: "blechctl infer"))
      let file = try file(scratch)
      #expect(try file.take(first) == .taken)
      #expect(try file.take(second) == .held(.record(first)))
      let failure = Failure(scratch.path, heldBy: .record(first))
      #expect(failure.code == .temporary)
      for part in ["blechd", first.process.host, "\(getpid())", first.acquired] {
        #expect(failure.what.contains(part))
      }
      try file.release(second)
      #expect(try scratch.names == [LeaseFile.name], "another's lease is not given back")
      try file.release(first)
      #expect(try scratch.names == [])
      #expect(try file.take(second) == .taken)
    }
  }

  @Test(arguments: Planted.allCases)
  func `A lease that nobody holds any more is taken over at once`(planted: Planted) throws {
    try withScratch { scratch in
      try planted.plant(in: scratch)
      let record = LeaseRecord(program: "blechd")
      #expect(try file(scratch).take(record) == .taken)
      #expect(LeaseContent(try scratch.bytes(LeaseFile.name)) == .record(record))
      #expect(try scratch.names == [LeaseFile.name])
    }
  }

  @Test(arguments: [Planted.silentHost, .silentGarbage, .silentEmpty])
  func `A lease of another host is left alone for as long as it is refreshed`(planted: Planted) throws {
    try withScratch { scratch in
      try planted.plant(in: scratch)
      age(scratch.path(LeaseFile.name), minutes: 9)
      let before = try scratch.bytes(LeaseFile.name)
      guard case .held = try file(scratch).take(LeaseRecord(program: "blechd")) else {
        Issue.record("was taken over")
        return
      }
      #expect(try scratch.bytes(LeaseFile.name) == before)
      #expect(try scratch.names == [LeaseFile.name])
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `What is no file at the lease's name is neither opened nor waited for`() throws {
    for plant: (Scratch) throws -> Void in [
      { mkfifo($0.path(LeaseFile.name), 0o600) },
      { try $0.makeLink(LeaseFile.name, to: $0.path("victim")) },
      { mkdir($0.path(LeaseFile.name), 0o700) },
    ] {
      try withScratch { scratch in
        try scratch.write("victim", "untouched")
        try plant(scratch)
        #expect(throws: FileError.self) { try file(scratch).take(LeaseRecord(program: "blechd")) }
        #expect(try scratch.text("victim") == "untouched")
      }
    }
  }

  @Test func `Refreshing moves the time alone, and shows when the lease was lost`() throws {
    try withScratch { scratch in
      let (own, other) = (LeaseRecord(program: "blechd"), LeaseRecord(program: "blechctl infer"))
      let file = try file(scratch)
      #expect(try file.take(own) == .taken)
      age(scratch.path(LeaseFile.name), minutes: 60)
      #expect(try file.refresh(own) == .ours)
      let stamp = try #require(try OpenDirectory(at: scratch.path).stamp(of: LeaseFile.name))
      #expect(Date(timeIntervalSince1970: Double(stamp.modified) / 1e9).timeIntervalSinceNow > -1800)
      #expect(try scratch.bytes(LeaseFile.name) == own.bytes)
      try scratch.write(LeaseFile.name, other.bytes)
      #expect(try file.refresh(own) == .lost(.record(other)))
      #expect(try scratch.bytes(LeaseFile.name) == other.bytes)
      try scratch.write(LeaseFile.name, "garbage")
      #expect(try file.refresh(own) == .lost(.unreadable))
      #expect(try scratch.text(LeaseFile.name) == "garbage")
    }
  }

  @Test func `A lease that somebody removed is taken again, if nobody else has it`() throws {
    try withScratch { scratch in
      let (own, other) = (LeaseRecord(program: "blechd"), LeaseRecord(program: "blechctl infer"))
      let file = try file(scratch)
      #expect(try file.take(own) == .taken)
      try FileManager.default.removeItem(atPath: scratch.path(LeaseFile.name))
      #expect(try file.refresh(own) == .ours)
      #expect(try file.take(other) == .held(.record(own)))
    }
  }

  @Test(arguments: [false, true])
  func `A file that is not at its name any more is no lease`(isReplaced: Bool) throws {
    try withScratch { scratch in
      try Planted.endedProcess.plant(in: scratch)
      let directory = try OpenDirectory(at: scratch.path)
      let opened = try directory.openFile(LeaseFile.name, forWriting: true)
      try directory.remove(LeaseFile.name)
      if isReplaced { try Planted.endedProcess.plant(in: scratch) }
      let lease = try LockedLease.lock(opened, LeaseFile.name, in: directory)
      let isLocked = lease != nil
      #expect(!isLocked)
    }
  }

  @Test func `A record that lost its name while it was written is no lease`() throws {
    try withScratch { scratch in
      try Planted.endedProcess.plant(in: scratch)
      let directory = try OpenDirectory(at: scratch.path)
      let opened = try directory.openFile(LeaseFile.name, forWriting: true)
      guard let lease = try LockedLease.lock(opened, LeaseFile.name, in: directory) else {
        Issue.record("is locked by nobody")
        return
      }
      try directory.remove(LeaseFile.name)
      #expect(try !lease.write(LeaseRecord(program: "blechd")))
    }
  }

  @Test func `A predecessor of this host that has ended is cleared away, and nobody else`() throws {
    for planted in Planted.allCases {
      try withScratch { scratch in
        try planted.plant(in: scratch)
        try file(scratch).removeOfEndedProcess()
        #expect(try scratch.names == (planted.isOfEndedProcess ? [] : [LeaseFile.name]), "\(planted)")
      }
    }
    try withScratch { scratch in
      #expect(try file(scratch).take(LeaseRecord(program: "blechd")) == .taken)
      try file(scratch).removeOfEndedProcess()
      #expect(try scratch.names == [LeaseFile.name])
    }
  }

  @Test(.enabled(if: getuid() != 0), arguments: [0o555, 0o000] as [mode_t])
  func `Where no file can be made it is said so`(mode: mode_t) throws {
    try withScratch { scratch in
      let file = try file(scratch)
      chmod(scratch.path, mode)
      defer { chmod(scratch.path, 0o755) }
      let error = #expect(throws: FileError.self) { try file.take(LeaseRecord(program: "blechd")) }
      #expect(error?.failure().code == .notPermitted)
    }
  }

  @Test(arguments: [(0o775, 0o664), (0o700, 0o600)] as [(mode_t, mode_t)])
  func `Whoever may write the directory may take a lease over`(mode: mode_t, expected: mode_t) throws {
    try withScratch { scratch in
      chmod(scratch.path, mode)
      #expect(try file(scratch).take(LeaseRecord(program: "blechd")) == .taken)
      let attributes = try FileManager.default.attributesOfItem(atPath: scratch.path(LeaseFile.name))
      #expect((attributes[.posixPermissions] as? NSNumber)?.uint32Value == expected)
    }
  }
}

/// Leases that nobody holds any more.
enum Planted: CaseIterable {
  case endedProcess
  case reusedNumber
  case silentHost
  case silentGarbage
  case silentEmpty
  case silentLong

  var isOfEndedProcess: Bool { self == .endedProcess || self == .reusedNumber }

  func plant(in scratch: Scratch) throws {
    var record = LeaseRecord(program: "blechd")
    var bytes: [UInt8] = []
    switch self {
    // No process can have that number.
    case .endedProcess: record.process.pid = .max
    case .reusedNumber: record.process.started = 1
    case .silentHost: record.process.host = "another"
    case .silentGarbage: bytes = Array("garbage".utf8)
    case .silentEmpty: break
    case .silentLong: bytes = Array(repeating: 32, count: 100_000)
    }
    switch self {
    case .endedProcess, .reusedNumber, .silentHost: bytes = record.bytes
    case .silentGarbage, .silentEmpty, .silentLong: break
    }
    try scratch.write(LeaseFile.name, bytes)
    if !isOfEndedProcess { age(scratch.path(LeaseFile.name), minutes: 11) }
  }
}

func age(_ path: String, minutes: Int) {
  let time = timespec(tv_sec: Foundation.time(nil) - minutes * 60, tv_nsec: 0)
  #expect(utimensat(AT_FDCWD, path, [time, time], 0) == 0)
}

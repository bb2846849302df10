import FileAccess
import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing
import Vocabulary

@testable import Leases

/// The file itself: taken, taken over, given back.
struct LeaseFileTests {
  private let process = ThisProcess()

  /// - Parameter known: leases that this process has.
  private func leaseFile(in scratch: Scratch, known: [LeaseHolder] = []) throws -> LeaseFile {
    LeaseFile(
      in: try OpenDirectory(at: scratch.path), process: process, nonces: Set(known.map(\.nonce)))
  }

  private func plant(_ holder: LeaseHolder, in scratch: Scratch, ageSeconds: Int = 0) throws {
    let text = String(decoding: try JSONEncoder().encode(holder), as: UTF8.self)
    try plant(text, in: scratch, ageSeconds: ageSeconds)
  }

  private func plant(_ text: String, in scratch: Scratch, ageSeconds: Int) throws {
    try scratch.write(LeaseFile.name, text)
    let time = timespec(tv_sec: time(nil) - ageSeconds, tv_nsec: 0)
    #expect(utimensat(AT_FDCWD, scratch.path(LeaseFile.name), [time, time], 0) == 0)
  }

  private var dead: LeaseHolder {
    var holder = process.lease(program: "blechd")
    holder.started = 1
    return holder
  }

  private var elsewhere: LeaseHolder {
    var holder = process.lease(program: "blechd")
    (holder.host, holder.pid) = ("rig2", 7)
    return holder
  }

  private func isThere(_ scratch: Scratch) -> Bool {
    FileManager.default.fileExists(atPath: scratch.path(LeaseFile.name))
  }

  @Test func `the first has it, the second is told who, and then it is free again`() throws {
    try withScratch { scratch in
      let (first, second) = (process.lease(program: "blechd"), process.lease(program: "blechctl infer"))
      let file = try leaseFile(in: scratch, known: [first, second])
      try file.take(first)
      let failure = #expect(throws: Failure.self) { try file.take(second) }
      #expect(failure?.code == .temporary)
      #expect(failure?.what.contains("blechd, process \(process.pid) on \(process.host)") == true)
      // Only whoever has it can give it back.
      try file.release(second)
      #expect(isThere(scratch))
      try file.release(first)
      #expect(!isThere(scratch))
      try file.take(second)
    }
  }

  @Test func `a dead holder's lease is taken over at once`() throws {
    try withScratch { scratch in
      try plant(dead, in: scratch)
      let own = process.lease(program: "blechctl infer")
      try leaseFile(in: scratch).take(own)
      let isOurs = try leaseFile(in: scratch).refresh(own)
      #expect(isOurs)
    }
  }

  @Test(arguments: [(590, false), (620, true)])
  func `another machine's lease counts for ten minutes after it was refreshed`(_ age: Int, _ isFree: Bool)
    throws
  {
    try withScratch { scratch in
      try plant(elsewhere, in: scratch, ageSeconds: age)
      let file = try leaseFile(in: scratch)
      if isFree {
        try file.take(process.lease(program: "blechd"))
      } else {
        let failure = #expect(throws: Failure.self) { try file.take(process.lease(program: "blechd")) }
        #expect(failure?.what.contains("process 7 on rig2") == true)
      }
    }
  }

  @Test(arguments: ["", "{", "{\"version\": 2}", String(repeating: "x", count: 10_000)])
  func `what cannot be read counts for as long, and is told as that`(_ text: String) throws {
    try withScratch { scratch in
      try plant(text, in: scratch, ageSeconds: 10)
      let file = try leaseFile(in: scratch)
      let failure = #expect(throws: Failure.self) { try file.take(process.lease(program: "blechd")) }
      #expect(failure?.what.contains("cannot be read") == true)
      try plant(text, in: scratch, ageSeconds: 700)
      let own = process.lease(program: "blechd")
      try file.take(own)
      let isOurs = try file.refresh(own)
      #expect(isOurs)
    }
  }

  @Test func `a link, or a directory, in its place is no lease and is left alone`() throws {
    try withScratch { scratch in
      symlink("/etc/passwd", scratch.path(LeaseFile.name))
      let file = try leaseFile(in: scratch)
      #expect(throws: Failure.self) { try file.take(process.lease(program: "blechd")) }
      try FileManager.default.removeItem(atPath: scratch.path(LeaseFile.name))
      try FileManager.default.createDirectory(
        atPath: scratch.path(LeaseFile.name), withIntermediateDirectories: false)
      #expect(throws: Failure.self) { try file.take(process.lease(program: "blechd")) }
      #expect(isThere(scratch))
    }
  }

  @Test func `refreshing keeps it young, and tells when it is not ours any more`() throws {
    try withScratch { scratch in
      let file = try leaseFile(in: scratch)
      let own = process.lease(program: "blechd")
      try file.take(own)
      let old = timespec(tv_sec: time(nil) - 300, tv_nsec: 0)
      #expect(utimensat(AT_FDCWD, scratch.path(LeaseFile.name), [old, old], 0) == 0)
      var isOurs = try file.refresh(own)
      #expect(isOurs)
      let stamp = try OpenDirectory(at: scratch.path).stamp(of: LeaseFile.name)
      #expect((stamp?.modified ?? 0) / 1_000_000_000 > Int64(time(nil) - 100))
      try plant(elsewhere, in: scratch)
      isOurs = try file.refresh(own)
      #expect(!isOurs)
      try file.release(own)
      #expect(isThere(scratch))
    }
  }

  @Test func `a lease of this process that it does not know to have went astray, and is taken over`() throws {
    try withScratch { scratch in
      let lost = process.lease(program: "blechd")
      try plant(lost, in: scratch)
      let own = process.lease(program: "blechd")
      #expect(throws: Failure.self) { try leaseFile(in: scratch, known: [lost, own]).take(own) }
      try leaseFile(in: scratch, known: [own]).take(own)
    }
  }

  @Test func `only a dead process's lease is removed at the start`() throws {
    try withScratch { scratch in
      try plant(elsewhere, in: scratch, ageSeconds: 10_000)
      LeaseKeeper.removeStale(in: scratch.path)
      #expect(isThere(scratch))
      try plant(process.lease(program: "blechd"), in: scratch)
      LeaseKeeper.removeStale(in: scratch.path)
      #expect(isThere(scratch))
      try plant(dead, in: scratch)
      LeaseKeeper.removeStale(in: scratch.path)
      #expect(!isThere(scratch))
    }
  }

  /// Many want what is free, or was left by the dead, at the same moment.
  @Test func `of many who want one lease exactly one gets it`() throws {
    try withScratch { scratch in
      var random = SeededNumbers(seed: 6)
      for round in 0..<300 {
        switch Int.random(in: 0..<3, using: &random) {
        case 0: try plant(dead, in: scratch)
        case 1: try plant("garbage", in: scratch, ageSeconds: 10_000)
        default: break
        }
        let wishes = (0..<6).map { process.lease(program: "\($0)") }
        let winners = Mutex<[LeaseHolder]>([])
        DispatchQueue.concurrentPerform(iterations: wishes.count) { index in
          guard let file = try? leaseFile(in: scratch, known: wishes) else { return }
          if (try? file.take(wishes[index])) != nil { winners.withLock { $0.append(wishes[index]) } }
        }
        let won = winners.withLock { $0 }
        #expect(won.count == 1, "round \(round): \(won.map(\.program))")
        guard let winner = won.first else { continue }
        let file = try leaseFile(in: scratch)
        let isOurs = try file.refresh(winner)
        #expect(isOurs)
        try file.release(winner)
        #expect(!isThere(scratch))
      }
    }
  }
}

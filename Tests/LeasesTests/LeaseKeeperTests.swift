import FileAccess
import Foundation
import Synchronization
import TestSupport
import Testing
import Vocabulary

@testable import Leases

@Suite struct LeaseKeeperTests {
  /// Of a keeper that looks often.
  private static let hasty = LeaseTimes(
    refreshInterval: .milliseconds(50), staleAfter: .seconds(600), longestWait: .seconds(100))

  private func wait(_ what: String, until holds: () async throws -> Bool) async throws {
    for _ in 0..<1200 {
      if try await holds() { return }
      try await Task.sleep(for: .milliseconds(100))
    }
    Issue.record("waited two minutes in vain: \(what)")
  }

  @Test func `One keeper at a time has a session, and the second is told who`() async throws {
    try await withScratchAsync { scratch in
      let (first, second) = (LeaseKeeper(program: "blechd"), LeaseKeeper(program: "blechctl infer"))
      let lease = try await first.take(scratch.path)
      #expect(lease.directory == scratch.path && lease.freeBytes > 0)
      #expect(await first.held == [scratch.path])
      for keeper in [first, second] {
        let failure = await #expect(throws: Failure.self) { try await keeper.take(scratch.path) }
        #expect(failure?.code == .temporary && failure?.place == scratch.path)
        #expect(keeper === first || failure?.what.contains("blechd on ") == true)
      }
      #expect(await second.held == [])
      // What it does not hold it does not give back.
      await second.release(scratch.path)
      #expect(try scratch.names == [LeaseFile.name])
      await first.release(scratch.path)
      #expect(try scratch.names == [])
      #expect(await first.held == [])
      _ = try await second.take(scratch.path)
      await second.releaseAll()
      #expect(try scratch.names == [])
    }
  }

  @Test func `A lease is kept fresh, and found again when its directory gets another name`() async throws {
    try await withScratchAsync { scratch in
      let (old, new) = (scratch.path("old"), scratch.path("new"))
      try FileManager.default.createDirectory(atPath: old, withIntermediateDirectories: false)
      let keeper = LeaseKeeper(program: "blechd", times: Self.hasty)
      _ = try await keeper.take(old)
      try FileManager.default.moveItem(atPath: old, toPath: new)
      age("\(new)/\(LeaseFile.name)", minutes: 100)
      try await wait("for a refresh") {
        let stamp = try #require(try OpenDirectory(at: new).stamp(of: LeaseFile.name))
        return Date(timeIntervalSince1970: Double(stamp.modified) / 1e9).timeIntervalSinceNow > -3000
      }
      await keeper.release(old)
      #expect(try scratch.names == ["new"])
      #expect(try FileManager.default.contentsOfDirectory(atPath: new) == [])
    }
  }

  @Test func `A refresh that comes after all does not take again what was given back`() async throws {
    try await withScratchAsync { scratch in
      let lease = try HeldLease.take(scratch.path, for: "blechd", staleAfter: .seconds(600)).lease
      #expect(try scratch.names == [LeaseFile.name])
      _ = await lease.release(atMost: .seconds(100))
      _ = await lease.refresh(atMost: .seconds(100))
      #expect(try scratch.names == [])
    }
  }

  @Test func `A lease that somebody has taken over is lost, and left to them`() async throws {
    try await withScratchAsync { scratch in
      let keeper = LeaseKeeper(program: "blechd", times: Self.hasty)
      _ = try await keeper.take(scratch.path)
      try await keeper.confirm(scratch.path)
      let other = LeaseRecord(program: "blechctl infer")
      try OpenDirectory(at: scratch.path).write(LeaseFile.name, other.bytes)
      for await lost in keeper.lost {
        #expect(lost == scratch.path)
        break
      }
      #expect(await keeper.held == [])
      let failure = await #expect(throws: Failure.self) { try await keeper.confirm(scratch.path) }
      #expect(failure?.code == .temporary)
      await keeper.release(scratch.path)
      #expect(LeaseContent(try scratch.bytes(LeaseFile.name)) == .record(other))
    }
  }

  @Test func `Before what cannot be undone, a lease that was lost is noticed`() async throws {
    try await withScratchAsync { scratch in
      let keeper = LeaseKeeper(program: "blechd")
      _ = try await keeper.take(scratch.path)
      let other = LeaseRecord(program: "blechctl infer")
      try OpenDirectory(at: scratch.path).write(LeaseFile.name, other.bytes)
      let failure = await #expect(throws: Failure.self) { try await keeper.confirm(scratch.path) }
      #expect(failure?.code == .temporary && failure?.what.contains("blechctl infer") == true)
      #expect(await keeper.held == [])
    }
  }

  @Test func `What could not be refreshed for too long is lost`() async throws {
    try await withScratchAsync { scratch in
      let directory = scratch.path("session")
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
      var times = Self.hasty
      times.staleAfter = .seconds(1)
      let keeper = LeaseKeeper(program: "blechd", times: times)
      _ = try await keeper.take(directory)
      try FileManager.default.removeItem(atPath: directory)
      for await lost in keeper.lost {
        #expect(lost == directory)
        break
      }
      #expect(await keeper.held == [])
    }
  }

  @Test func `A lease that comes too late is given back by itself`() async throws {
    try await withScratchAsync { scratch in
      var times = Self.hasty
      times.longestWait = .milliseconds(200)
      let keeper = LeaseKeeper(program: "blechd", times: times)
      var wasLate = false
      // On a busy machine it may not be late at all.
      for _ in 0..<20 where !wasLate {
        try Planted.endedProcess.plant(in: scratch)
        // Whoever comes waits while this is locked.
        let blocker = open(scratch.path(LeaseFile.name), O_RDWR | O_CLOEXEC)
        #expect(flock(blocker, LOCK_EX) == 0)
        let failure = await #expect(throws: Failure.self) { try await keeper.take(scratch.path) }
        #expect(failure?.code == .temporary)
        wasLate = failure?.what.contains("does not answer") == true
        // A child that is just being started may have it, too.
        flock(blocker, LOCK_UN)
        close(blocker)
      }
      #expect(wasLate)
      try await wait("for the lease to be given back") { try scratch.names.isEmpty }
      try await wait("for the next") { (try? await keeper.take(scratch.path)) != nil }
      await keeper.release(scratch.path)
    }
  }

  @Test func `Giving back goes on when whoever asked for it is cancelled`() async throws {
    try await withScratchAsync { scratch in
      let keeper = LeaseKeeper(program: "blechd")
      _ = try await keeper.take(scratch.path)
      let releasing = Task {
        while !Task.isCancelled { await Task.yield() }
        await keeper.release(scratch.path)
      }
      releasing.cancel()
      await releasing.value
      #expect(try scratch.names == [])
    }
  }

  @Test func `Where there is no directory it is said so`() async throws {
    try await withScratchAsync { scratch in
      let keeper = LeaseKeeper(program: "blechd")
      let failure = await #expect(throws: Failure.self) { try await keeper.take(scratch.path("none")) }
      #expect(failure?.code == .noInput)
      #expect(await keeper.held == [])
    }
  }

  @Test func `A starting daemon clears its dead predecessor away`() async throws {
    try await withScratchAsync { scratch in
      try Planted.reusedNumber.plant(in: scratch)
      await LeaseKeeper.removeStale(in: scratch.path)
      #expect(try scratch.names == [])
      try Planted.silentHost.plant(in: scratch)
      await LeaseKeeper.removeStale(in: scratch.path)
      #expect(try scratch.names == [LeaseFile.name])
    }
  }
}

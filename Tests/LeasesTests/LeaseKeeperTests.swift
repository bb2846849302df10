import Foundation
import TestSupport
import Testing
import Vocabulary

@testable import Leases

struct LeaseKeeperTests {
  @Test func `a keeper has what it takes until it gives it back`() async throws {
    try await withScratchAsync { scratch in
      let (one, other) = (LeaseKeeper(program: "blechd"), LeaseKeeper(program: "blechctl infer"))
      try await one.take(scratch.path)
      try await one.take(scratch.path)
      #expect(await one.held == [scratch.path])
      let failure = await #expect(throws: Failure.self) { try await other.take(scratch.path) }
      #expect(failure?.code == .temporary)
      #expect(await other.held.isEmpty)
      await other.release(scratch.path)
      #expect(FileManager.default.fileExists(atPath: scratch.path(LeaseFile.name)))
      await one.release(scratch.path)
      #expect(!FileManager.default.fileExists(atPath: scratch.path(LeaseFile.name)))
      try await other.take(scratch.path)
      await other.release(scratch.path)
    }
  }

  @Test func `where no file can be made the failure is that of writing`() async throws {
    try await withScratchAsync { scratch in
      let keeper = LeaseKeeper(program: "blechd")
      let failure = await #expect(throws: Failure.self) { try await keeper.take(scratch.path("nowhere")) }
      #expect(failure?.code == .noInput)
      let other = await #expect(throws: Failure.self) { try await keeper.take("/proc/self") }
      #expect(other?.code != .temporary)
      #expect(await keeper.held.isEmpty)
    }
  }
}

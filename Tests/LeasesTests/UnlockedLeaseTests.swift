import FileAccess
import Foundation
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Leases

/// Leases where the file system gives no locks: who takes one writes, waits, and reads back.
@Suite(.timeLimit(.minutes(5))) struct UnlockedLeaseTests {
  private func file(
    _ scratch: Scratch, lock: @escaping @Sendable (FileDescriptor) -> Errno? = { _ in .noLocks },
    settle: @escaping @Sendable () -> Void = {}
  ) throws -> LeaseFile {
    LeaseFile(
      directory: try OpenDirectory(at: scratch.path), staleAfter: LeaseTimes().staleAfter,
      locking: LeaseLocking(lock: lock, settle: settle))
  }

  /// What `body` gives on a thread of its own.
  private func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value
  {
    try await withCheckedThrowingContinuation { continuation in
      Thread { continuation.resume(with: Result { try body() }) }.start()
    }
  }

  @Test(arguments: [Errno.noLocks, .notSupported, .noFunction, .invalidArgument])
  func `Without locks a lease is taken, held and given back as with them`(error: Errno) throws {
    try withScratch { scratch in
      let file = try file(scratch, lock: { _ in error })
      let (first, second) = (LeaseRecord(program: "blechd"), LeaseRecord(program: "blechctl infer"))
      #expect(try file.take(first) == .taken)
      #expect(try file.take(second) == .held(.record(first)))
      try file.release(second)
      #expect(try scratch.names == [LeaseFile.name])
      try file.release(first)
      #expect(try scratch.names == [])
    }
  }

  @Test func `What else keeps a file from being locked is an error`() throws {
    try withScratch { scratch in
      let file = try file(scratch, lock: { _ in .ioError })
      let error = #expect(throws: FileError.self) { try file.take(LeaseRecord(program: "blechd")) }
      #expect(error?.reason == .system(.ioError))
    }
  }

  @Test(arguments: Planted.allCases)
  func `Of two who take over a lease at the same moment one gets it`(planted: Planted) async throws {
    try await withScratchAsync { scratch in
      try planted.plant(in: scratch)
      // Both have the file open before either looks into it; and who has written waits until the other has, or is done.
      let (opened, written) = (Meeting(), Meeting())
      let file = try file(scratch) { _ in
        opened.wait()
        return .noLocks
      } settle: {
        written.wait()
      }
      let records = [LeaseRecord(program: "blechd"), LeaseRecord(program: "blechctl infer")]
      async let first = onThread {
        defer { written.come() }
        return try file.take(records[0])
      }
      async let second = onThread {
        defer { written.come() }
        return try file.take(records[1])
      }
      let takings = try await [first, second]
      let winner = try #require(takings.firstIndex(of: .taken))
      // It may have been looked into while it was written.
      let other = takings[1 - winner]
      #expect(other == .held(.record(records[winner])) || other == .held(.unreadable))
      #expect(LeaseContent(try scratch.bytes(LeaseFile.name)) == .record(records[winner]))
    }
  }

  @Test func `Who is written over while waiting has not got the lease`() throws {
    try withScratch { scratch in
      try Planted.endedProcess.plant(in: scratch)
      let (own, other) = (LeaseRecord(program: "blechd"), LeaseRecord(program: "blechctl infer"))
      let file = try file(scratch) { _ in
        .noLocks
      } settle: {
        #expect((try? scratch.bytes(LeaseFile.name)) == own.bytes)
        _ = try? scratch.write(LeaseFile.name, other.bytes)
      }
      #expect(try file.take(own) == .held(.record(other)))
    }
  }
}

/// Where two wait for each other.
private final class Meeting: Sendable {
  private let count = Atomic(0)
  func come() { count.add(1, ordering: .acquiringAndReleasing) }
  func wait() {
    come()
    while count.load(ordering: .acquiring) < 2 { usleep(1000) }
  }
}

import FileAccess
import SystemPackage
import TestSupport
import Testing

@testable import HDF5File

@Suite struct H5ProbeTests {
  private func probe(_ scratch: Scratch, _ calls: any FileCalls = SystemCalls()) throws -> H5Probe {
    let directory = try OpenDirectory(at: scratch.path)
    return try H5Probe(in: directory.descriptor, path: directory.path, calls: calls)
  }

  @Test func `On a local disk locks exclude and changes go well, and nothing is left`() throws {
    try withScratch { scratch in
      let found = try probe(scratch)
      #expect(found.lock == .excludes && found.commitError == nil)
      #expect(try scratch.names == [])
    }
  }

  @Test(
    arguments: [
      (.keepNobodyOut, .doesNotExclude, false), (.refuse(.noLocks), .refused(.noLocks), true),
      (.refuse(.notSupported), .refused(.notSupported), true),
    ] as [(OtherLocks.Behaviour, H5Probe.Lock, Bool)])
  func `A file system's own idea of locks is found out`(
    behaviour: OtherLocks.Behaviour, lock: H5Probe.Lock, commitFails: Bool
  ) throws {
    try withScratch { scratch in
      let found = try probe(scratch, OtherLocks(behaviour))
      #expect(found.lock == lock && !found.hasLease)
      #expect((found.commitError != nil) == commitFails)
      #expect(try scratch.names == [])
    }
  }

  @Test func `Where no file can be made, that is said`() throws {
    try withScratch { scratch in
      let directory = try OpenDirectory(at: scratch.path)
      let error = #expect(throws: H5Error.self) {
        try H5Probe(in: directory.descriptor, path: scratch.path("none"))
      }
      #expect(error?.reason.hasPrefix("cannot create the file") == true)
    }
  }

  @Test func `The library tells its version`() {
    let numbers = H5Probe.libraryVersion.split(separator: ".").compactMap { Int($0) }
    #expect(numbers.count == 3 && numbers[0] >= 1 && numbers[1] >= 8)
  }
}

/// Linux's calls on a file system that has other locks, and no leases.
final class OtherLocks: FileCalls {
  enum Behaviour: Sendable {
    case keepNobodyOut
    case refuse(Errno)
  }

  private let behaviour: Behaviour
  private let calls = SystemCalls()

  init(_ behaviour: Behaviour) { self.behaviour = behaviour }

  func lock(_ file: FileDescriptor) throws(Errno) {
    if case .refuse(let error) = behaviour { throw error }
  }

  func takeLease(_ file: FileDescriptor) throws(Errno) { throw .notSupported }

  func open(
    _ name: String, in directory: FileDescriptor, _ purpose: OpeningPurpose
  ) throws(Errno) -> FileDescriptor { try calls.open(name, in: directory, purpose) }
  func close(_ file: FileDescriptor) { calls.close(file) }
  func status(of file: FileDescriptor) throws(Errno) -> FileStatus { try calls.status(of: file) }
  func status(of name: String, in directory: FileDescriptor) throws(Errno) -> FileStatus {
    try calls.status(of: name, in: directory)
  }
  func read(_ file: FileDescriptor, at offset: Int64, count: Int) throws(Errno) -> [UInt8] {
    try calls.read(file, at: offset, count: count)
  }
  func write(_ file: FileDescriptor, at offset: Int64, _ bytes: ArraySlice<UInt8>) throws(Errno) -> Int {
    try calls.write(file, at: offset, bytes)
  }
  func truncate(_ file: FileDescriptor, to length: Int64) throws(Errno) {
    try calls.truncate(file, to: length)
  }
  func synchronise(_ file: FileDescriptor) throws(Errno) { try calls.synchronise(file) }
  func remove(_ name: String, in directory: FileDescriptor) throws(Errno) {
    try calls.remove(name, in: directory)
  }
  func rename(_ name: String, to newName: String, in directory: FileDescriptor) throws(Errno) {
    try calls.rename(name, to: newName, in: directory)
  }
  func setOwner(of file: FileDescriptor, like other: FileStatus) { calls.setOwner(of: file, like: other) }
  func unlock(_ file: FileDescriptor) {}
  func giveLeaseBack(_ file: FileDescriptor) {}
  var largestFile: Int64 { calls.largestFile }
  func sleep(for duration: Duration) { calls.sleep(for: duration) }
  func randomNumber() -> UInt64 { calls.randomNumber() }
}

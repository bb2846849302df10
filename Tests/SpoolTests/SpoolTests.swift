import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import Spool

@Suite struct SpoolTests {
  private let result = Array("a result".utf8)

  /// A fingerprint that ends in `digit`.
  private func fingerprint(_ digit: Int) -> String { String(repeating: "0", count: 63) + "\(digit)" }

  private func withSpool(mostEntries: Int = 1000, _ body: (Spool, Scratch) throws -> Void) throws {
    try withScratch { scratch in try body(try Spool(at: scratch.path, mostEntries: mostEntries), scratch) }
  }

  @Test func `A result is kept until it is removed`() throws {
    try withSpool { spool, scratch in
      #expect(try spool.result(fingerprint(1)) == nil)
      try spool.store(result, as: fingerprint(1))
      #expect(try Spool(at: scratch.path).result(fingerprint(1)) == result)
      for _ in 0..<2 { try spool.remove(fingerprint(1)) }
      #expect(try spool.result(fingerprint(1)) == nil)
      #expect(try scratch.names == [])
    }
  }

  @Test func `Storing again replaces`() throws {
    try withSpool { spool, scratch in
      try spool.store(result, as: fingerprint(1))
      try spool.store([1, 2, 3], as: fingerprint(1))
      #expect(try spool.result(fingerprint(1)) == [1, 2, 3])
      #expect(try scratch.names.count == 1)
    }
  }

  @Test func `An empty result is a result`() throws {
    try withSpool { spool, _ in
      try spool.store([], as: fingerprint(1))
      #expect(try spool.result(fingerprint(1)) == [])
    }
  }

  @Test(arguments: ["result.safetensors", "sha256"])
  func `A damaged, shortened or missing part is no result`(part: String) throws {
    try withSpool { spool, scratch in
      let path = scratch.path(fingerprint(1) + "/" + part)
      try spool.store(result, as: fingerprint(1))
      let whole = try scratch.bytes(fingerprint(1) + "/" + part)
      for index in whole.indices {
        var damaged = whole
        damaged[index] ^= 1
        try Data(damaged).write(to: URL(filePath: path))
        #expect(try spool.result(fingerprint(1)) == nil)
        try Data(whole.prefix(index)).write(to: URL(filePath: path))
        #expect(try spool.result(fingerprint(1)) == nil)
      }
      try FileManager.default.removeItem(atPath: path)
      #expect(try spool.result(fingerprint(1)) == nil)
      try spool.store(result, as: fingerprint(1))
      #expect(try spool.result(fingerprint(1)) == result, "a damaged result is replaced by the next")
    }
  }

  @Test func `The oldest results go when there are too many`() throws {
    try withSpool(mostEntries: 3) { spool, scratch in
      for digit in 1...3 {
        try spool.store([UInt8(digit)], as: fingerprint(digit))
        age(scratch.path(fingerprint(digit)), seconds: 100 - digit)
      }
      age(scratch.path(fingerprint(2)), seconds: 1000)
      try spool.store([4], as: fingerprint(4))
      #expect(try scratch.names == [fingerprint(1), fingerprint(3), fingerprint(4)])
      try spool.store([5], as: fingerprint(5))
      #expect(try scratch.names == [fingerprint(3), fingerprint(4), fingerprint(5)])
    }
  }

  @Test func `Replacing a result in a full spool drives no other one out`() throws {
    try withSpool(mostEntries: 2) { spool, _ in
      try spool.store([1], as: fingerprint(1))
      try spool.store([2], as: fingerprint(2))
      try spool.store([3], as: fingerprint(2))
      #expect(try spool.result(fingerprint(1)) == [1])
      #expect(try spool.result(fingerprint(2)) == [3])
    }
  }

  @Test func `What is no result of ours neither counts nor goes`() throws {
    try withSpool(mostEntries: 1) { spool, scratch in
      try scratch.write("note", "do not touch")
      age(scratch.path("note"), seconds: 1000)
      try spool.store([1], as: fingerprint(1))
      try spool.store([2], as: fingerprint(2))
      #expect(try scratch.names == [fingerprint(2), "note"])
    }
  }

  @Test func `Nobody else may look into a spool`() throws {
    try withScratch { scratch in
      let spool = try Spool(at: scratch.path("state/spool"))
      try spool.store(result, as: fingerprint(1))
      for path in ["state", "state/spool", "state/spool/" + fingerprint(1)] {
        #expect(permissions(scratch.path(path)) == 0o700)
      }
      #expect(permissions(scratch.path("state/spool/\(fingerprint(1))/sha256")) == 0o600)
    }
  }

  private func permissions(_ path: String) -> mode_t {
    var state = stat()
    stat(path, &state)
    return state.st_mode & 0o7777
  }

  private func age(_ path: String, seconds: Int) {
    let time = timespec(tv_sec: Glibc.time(nil) - seconds, tv_nsec: 0)
    utimensat(AT_FDCWD, path, [time, time], 0)
  }

  @Test func `What nobody needs goes once it is old`() throws {
    try withSpool { spool, scratch in
      for digit in 1...3 { try spool.store(result, as: fingerprint(digit)) }
      try scratch.write("notes", "a person's")
      try spool.removeOthers(than: [fingerprint(2)], olderThan: 0)
      #expect(try scratch.names.count == 4)
      try spool.removeOthers(than: [fingerprint(2)], olderThan: .max)
      #expect(try scratch.names == [fingerprint(2), "notes"])
    }
  }
}

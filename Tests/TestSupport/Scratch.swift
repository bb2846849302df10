import FoundationEssentials
import Glibc

/// A directory of a test's own.
public struct Scratch: Sendable {
  public let path: String

  public func path(_ name: String) -> String { "\(path)/\(name)" }

  /// Names of what is in it, hidden files included, sorted.
  public var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  }

  @discardableResult
  public func write(_ name: String, _ text: String) throws -> String {
    try Data(text.utf8).write(to: URL(filePath: path(name)))
    return path(name)
  }

  @discardableResult
  public func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: URL(filePath: path(name)))
    return path(name)
  }

  public func makeLink(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: path(name), withDestinationPath: target)
  }

  /// Writes a shell script that can be run.
  public func script(_ text: String) throws -> String {
    let path = try write("script", "#!/bin/sh\n\(text)\n")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    Self.waitUntilClosed(path)
    return path
  }

  /// A process that another test is starting has what is open here until its program begins; nothing that somebody has
  /// open for writing can be run.
  private static func waitUntilClosed(_ path: String) {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    defer { close(file) }
    let setLease: CInt = 1024
    // Given only where nobody else has the file open.
    for _ in 0..<1000 where fcntl(file, setLease, CInt(F_WRLCK)) != 0 && errno == EAGAIN { usleep(1000) }
    _ = fcntl(file, setLease, CInt(F_UNLCK))
  }

  public func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: path(name))))
  }

  public func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

  /// Copies the committed session that PyTables wrote into a directory of its own; its path.
  public func copyFixture() throws -> String {
    let copy = path(Fixture.name)
    try FileManager.default.copyItem(atPath: Fixture.path, toPath: copy)
    return copy
  }

  /// Copies the small file with that version of HDF5's superblock, which PyTables wrote; its path.
  public func copySmallFile(superblock: Int) throws -> String {
    let copy = path("small.h5")
    try FileManager.default.copyItem(atPath: Fixture.smallFile(superblock: superblock), toPath: copy)
    return copy
  }

  fileprivate init() throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "blechd-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    path = directory.path
  }

  fileprivate func remove() { try? FileManager.default.removeItem(atPath: path) }
}

/// Hands over a directory that is removed afterwards.
public func withScratch<Result>(_ body: (Scratch) throws -> Result) throws -> Result {
  let scratch = try Scratch()
  defer { scratch.remove() }
  return try body(scratch)
}

/// Hands over a directory that is removed afterwards.
public func withScratchAsync<Result>(_ body: (Scratch) async throws -> Result) async throws -> Result {
  let scratch = try Scratch()
  defer { scratch.remove() }
  return try await body(scratch)
}

/// The committed session that PyTables wrote: 2 tastes x 4 trials x 3 units x 7000 ms, regions gc and pc.
public enum Fixture {
  public static let name = "AM99_2Tastes_260101_101500"

  public static var path: String { tests.appending(path: "Fixtures/\(name)").path }

  fileprivate static func smallFile(superblock: Int) -> String {
    tests.appending(path: "HDF5FileTests/Fixtures/superblock_\(superblock).h5").path
  }

  private static var tests: URL {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  }
}

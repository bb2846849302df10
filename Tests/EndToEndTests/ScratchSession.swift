import Foundation
import HDF5File
import SystemPackage
import TestSupport
import Testing

/// A copy of a session that PyTables wrote, to be worked on and thrown away.
struct ScratchSession {
  let folder: URL
  let name: String

  var directory: URL { folder.appending(path: name) }
  var h5: URL { directory.appending(path: name + ".h5") }
  var info: URL { directory.appending(path: name + ".info") }
  var artifacts: URL { directory.appending(path: "rnn_output/artifacts") }
  var blechctl: Blechctl { Blechctl(home: folder.appending(path: "home")) }

  static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures")
  /// 2 tastes x 4 trials x 3 units, regions gc and pc, written as blech_clust writes it.
  static let usual = "AM99_2Tastes_260101_101500"
  /// Integers, compressed, uneven trials, a silent unit, no .params.
  static let compressed = "compressed_integers"

  /// Copies the fixture into a folder of its own, which `remove` takes away.
  init(_ fixture: String = usual) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "blechd-test-\(UUID().uuidString)")
    name = fixture
    try FileManager.default.createDirectory(
      at: folder.appending(path: "home"), withIntermediateDirectories: true)
    try FileManager.default.copyItem(at: Self.fixtures.appending(path: fixture), to: directory)
  }

  func remove() { try? FileManager.default.removeItem(at: folder) }

  /// Trains briefly; everything else as in a real run.
  func infer(_ options: [String] = [], environment: [String: String] = [:]) async throws -> Blechctl.Run {
    let steps = options.contains { $0.hasPrefix("--train") } ? [] : ["--train-steps", "30"]
    return try await blechctl.run(["infer", directory.path] + steps + options, environment: environment)
  }

  func bytes() throws -> Data { try Data(contentsOf: h5) }

  func root() throws -> H5Group {
    let descriptor = try FileDescriptor.open(FilePath(h5.path), .readOnly)
    defer { try? descriptor.close() }
    return try H5File.reading(descriptor, path: h5.path).root
  }

  /// Changes the .h5 in place.
  func change(_ body: (H5Group) throws -> Void) throws { try changeH5(at: h5.path, body) }

  /// Puts another array in the place of every taste's spikes.
  func replaceSpikes(shape: [Int], _ values: [Double]) throws {
    try change { root in
      for taste in ["dig_in_0", "dig_in_1"] {
        let group = try #require(try root.group("spike_trains")?.group(taste))
        try group.remove("spike_array")
        try group.createArray("spike_array", values, shape: shape)
      }
    }
  }

  /// Puts `value` at one place of the first taste's spikes.
  func setSpike(at index: [Int], to value: Double) throws {
    try change { root in
      let group = try #require(try root.group("spike_trains")?.group("dig_in_0"))
      let array = try #require(try group.dataset("spike_array"))
      let shape = try array.shape()
      var values = try array.readAll(as: Double.self)
      values[(index[0] * shape[1] + index[1]) * shape[2] + index[2]] = value
      try group.remove("spike_array")
      try group.createArray("spike_array", values, shape: shape)
    }
  }

  func write(_ text: String, to file: String) throws {
    try text.write(to: directory.appending(path: file), atomically: false, encoding: .utf8)
  }

  func delete(_ file: String) throws {
    try FileManager.default.removeItem(at: directory.appending(path: file))
  }

  /// The bytes of every array of results, by path.
  func results() throws -> [String: [UInt8]] {
    var results: [String: [UInt8]] = [:]
    let regions = try #require(try root().group("rnn_output")?.group("regions"))
    for name in try regions.childNames() {
      let group = try #require(try regions.group(name))
      for array in try group.childNames() {
        let dataset = try #require(try group.dataset(array))
        results["\(name)/\(array)"] =
          switch try dataset.elementType() {
          case .float(bytes: 8): try dataset.readAll(as: Double.self).withUnsafeBytes { Array($0) }
          case .float: try dataset.readAll(as: Float.self).withUnsafeBytes { Array($0) }
          default: try dataset.readAll(as: Int64.self).withUnsafeBytes { Array($0) }
          }
      }
    }
    return results
  }
}

/// Runs `body` on a scratch copy and removes the copy afterwards.
func withSession<Result>(
  _ fixture: String = ScratchSession.usual, _ body: (ScratchSession) async throws -> Result
) async throws -> Result {
  let session = try ScratchSession(fixture)
  defer { session.remove() }
  return try await body(session)
}

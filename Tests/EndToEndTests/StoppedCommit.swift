import Foundation
import HDF5File
import SafetyHarness
import Testing

/// Runs `stopped-commit`: a process that changes an .h5, or recovers it, and is killed at one of its system calls.
struct StoppedCommit {
  let h5: URL

  static let program = Blechctl.products.appending(path: "stopped-commit").path

  /// The numbers of a run that nothing stopped: of its calls, and of bytes for each call that writes.
  struct Course {
    fileprivate let calls: Int
    fileprivate let writes: [Int: Int]

    fileprivate init(_ output: String) throws {
      let numbers = output.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
      calls = try #require(numbers.first)
      writes = Dictionary(
        uniqueKeysWithValues: stride(from: 1, to: numbers.count, by: 2).map { (numbers[$0], numbers[$0 + 1]) }
      )
    }

    /// Every call, and for those that write also the middle: call and bytes.
    var points: [(call: Int, bytes: Int)] {
      (0..<calls).flatMap { call -> [(Int, Int)] in
        guard let count = writes[call] else { return [(call, 0)] }
        return count > 512 ? [(call, 0), (call, count / 1024 * 512)] : [(call, 0)]
      }
    }
  }

  private func run(_ operation: String, _ call: Int, _ bytes: Int) async throws -> Blechctl.Run {
    try await Blechctl.run([
      Self.program, h5.deletingLastPathComponent().path, h5.lastPathComponent, operation, "\(call)",
      "\(bytes)",
    ])
  }

  /// Makes the change, undisturbed.
  func complete(_ change: SmallChange) async throws -> Course {
    let run = try await run(change.rawValue, .max, 0)
    #expect(run.exitCode == 0, "\(run.errors)")
    return try Course(run.output)
  }

  func stop(_ change: SmallChange, at point: (call: Int, bytes: Int)) async throws {
    let run = try await run(change.rawValue, point.call, point.bytes)
    #expect(run.exitCode == -9, "\(point): \(run.errors)")
  }

  /// Recovers, and whether that was stopped: a recovery may have fewer calls.
  func recover(stoppedAt call: Int) async throws -> Bool {
    let run = try await run("recover", call, 0)
    #expect(run.exitCode == 0 || run.exitCode == -9, "\(run.errors)")
    return run.exitCode == -9
  }

  /// Leaves the file in the middle of the change, with a journal.
  func interrupt(_ change: SmallChange) async throws {
    let old = try Data(contentsOf: h5)
    let course = try await complete(change)
    let journal = h5.deletingLastPathComponent().appending(path: Journal.name(besides: h5.lastPathComponent))
    for point in course.points.reversed() {
      try old.write(to: h5)
      try await stop(change, at: point)
      if try Data(contentsOf: h5) != old, FileManager.default.fileExists(atPath: journal.path) { return }
    }
    Issue.record("no point left the file in the middle of a change")
  }
}

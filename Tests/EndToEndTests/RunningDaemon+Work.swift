import Foundation
import HDF5File
import Store
import SystemPackage
import TestSupport
import Testing
import Vocabulary

/// What a daemon that does the work has done.
extension RunningDaemon {
  func waitUntilDone(_ names: [String]) async throws {
    try await wait("\(names.joined(separator: ", ")) to be done") {
      let states = Dictionary(try self.status().sessions.map { ($0.path, $0.state) }) { $1 }
      return names.allSatisfy { states[self.path($0)] == "done" }
    }
  }

  func steer(_ arguments: String...) async throws -> Blechctl.Run {
    try await blechctl([arguments[0], "--runtime-directory", runtime] + arguments.dropFirst())
  }

  /// Every attempt that the store has; the daemon has ended.
  func attempts() async throws -> [AttemptRow] {
    let (store, notice) = try Store.open(in: scratch.path("state"))
    #expect(notice == nil)
    return try await store.attempts(of: nil, limit: 100_000)
  }

  /// How often each job was trained to its end, by session and job.
  func trainings() async throws -> [String: Int] {
    try await attempts().reduce(into: [:]) { counts, row in
      if row.end?.summary?.origin == .trained, let job = row.job { counts[job, default: 0] += 1 }
    }
  }

  /// Names of the groups of results in a session's .h5.
  func results(_ name: String) throws -> [String] {
    let path = h5(name)
    let descriptor = try FileDescriptor.open(FilePath(path), .readOnly)
    defer { try? descriptor.close() }
    let root = try H5File.reading(descriptor, path: path).root
    return try root.group("rnn_output")?.group("regions")?.childNames() ?? []
  }

  /// No lease, no journal, no half-written file in what is watched; nothing in the spool.
  func expectNothingLeft() throws {
    let strays = try FileManager.default.subpathsOfDirectory(atPath: data).filter { path in
      path.split(separator: "/").last?.hasPrefix(".") == true
    }
    #expect(strays == [])
    let spool = (try? FileManager.default.contentsOfDirectory(atPath: scratch.path("state/spool"))) ?? []
    #expect(spool == [])
  }
}

extension AttemptRow {
  /// The session and the job that it was for; nil of a commit.
  var job: String? {
    if case .inference(let job, _) = attempt.work { "\(attempt.path) \(job)" } else { nil }
  }
}

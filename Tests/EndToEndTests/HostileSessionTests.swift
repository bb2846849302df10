import Foundation
import Jobs
import Testing
import Vocabulary
import WorkerProtocol

@testable import HDF5File

/// Small files that make a careless reader ask for all memory, or read for ever, against the real worker.
@Suite struct HostileSessionTests {
  private static let bounds = WorkerBounds(wallTime: .seconds(1_000_000), memory: 50_000_000)

  private func inspect(_ session: ScratchSession) async throws -> WorkerMessage.Outcome {
    let task = WorkerRequest.Task.inspect(
      InspectTask(source: SessionSource(directory: session.directory.path)))
    return try await WorkerProcess(WorkerExecutable(path: Blechctl.worker)).run(task, bounds: Self.bounds)
  }

  private func failure(_ session: ScratchSession) async -> Failure? {
    await #expect(throws: Failure.self) { try await inspect(session) }
  }

  /// Puts arrays of that shape in the place of the spikes. They take no room: nothing of them is stored.
  private func declareSpikes(_ shape: [Int], in session: ScratchSession) throws {
    try session.change { root in
      for taste in ["dig_in_0", "dig_in_1"] {
        let group = try #require(try root.group("spike_trains")?.group(taste))
        try group.remove("spike_array")
        let location = Location(path: session.h5.path, object: group.name)
        _ = try group.createDataset(
          "spike_array", type: Double.fileType, space: dataspace(shape, at: location), at: location
        ) { _ in 0 }
      }
    }
  }

  @Test func `A usual session is inspected within narrow bounds`() async throws {
    try await withSession { session in
      guard case .inspected(let inspection) = try await inspect(session) else {
        Issue.record("it was not inspected")
        return
      }
      #expect(inspection.jobs.count == 2)
    }
  }

  @Test func `Spikes of a shape that no machine could hold are refused by name`() async throws {
    try await withSession { session in
      try declareSpikes([1, 1 << 24, 7000], in: session)
      let failure = await failure(session)
      #expect(failure?.code == .badData)
      #expect(failure?.what.contains("more than any recording holds") == true)
      let run = try await session.infer()
      #expect(run.exitCode == 65)
      #expect(run.errors.contains("more than any recording holds"))
    }
  }

  @Test func `A worker that asks for more memory than it may have ends before it is seen to have it`()
    async throws
  {
    try await withSession { session in
      // 240 MB for the window of one trial.
      try declareSpikes([1, 9_000, 7000], in: session)
      let failure = await failure(session)
      #expect(failure?.place == session.directory.path)
      #expect(failure?.what.hasPrefix("its inspection was ended by signal") == true)
      #expect(failure?.what.contains("bounded to 50 MB: Fatal error: failed to allocate") == true)
      #expect(failure?.code == .badData && failure?.what.contains("\n") == false)
    }
  }

  @Test
  func `Damage that crashes libhdf5, or that it finds, ends this session's inspection and nothing else`()
    async throws
  {
    try await withSession { session in
      var bytes = try session.bytes()
      // The names in /spike_trains lie behind this address, which libhdf5 1.10 follows whatever it is.
      let name = try #require(bytes.range(of: Data("dig_in_0\0".utf8)))
      let heap = try #require(
        bytes.range(of: Data("HEAP".utf8), options: .backwards, in: 0..<name.lowerBound))
      bytes.replaceSubrange(
        (heap.lowerBound + 24)..<(heap.lowerBound + 32), with: Array(repeating: 0xFF, count: 8))
      try bytes.write(to: session.h5)
      let failure = await failure(session)
      #expect(failure?.place.hasPrefix(session.directory.path) == true)
      #expect((failure?.what.utf8.count ?? 0) < 5000)
    }
  }

  @Test(arguments: [400, 8 << 20])
  func `JSON of 16 MiB that nests deeper than any script's is refused at once`(depth: Int) async throws {
    try await withSession { session in
      let one = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      let count = (16 << 20) / (one.utf8.count + 1)
      try session.write(
        "[" + Array(repeating: one, count: max(count, 1)).joined(separator: ",").prefix((16 << 20) - 2) + "]",
        to: session.name + ".info")
      let failure = await failure(session)
      #expect(failure?.code == .badData)
      #expect(failure?.place == session.info.path)
      #expect(failure?.what.contains("nests more than") == true)
    }
  }

  @Test func `An inspection that no message holds is a failure, not a line without an end`() async throws {
    try await withSession { session in
      let name = String(repeating: "/", count: 12 << 20)
      try session.write(
        #"{"taste_params": {"dig_in_names": ["dig_in_0", "dig_in_1"], "tastes": ["\#(name)", "b"]}}"#,
        to: session.name + ".info")
      // Too much for 50 MB as well, where the text is copied often enough.
      let task = InspectTask(source: SessionSource(directory: session.directory.path))
      let failure = await #expect(throws: Failure.self) {
        try await WorkerProcess(WorkerExecutable(path: Blechctl.worker)).run(.inspect(task))
      }
      #expect(failure?.code == .badData)
      #expect(failure?.what.contains("more than a message holds") == true)
    }
  }
}

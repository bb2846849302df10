import Foundation
import HDF5File
import Parameters
import Subprocess
import TestSupport
import Testing
import Vocabulary
import WorkerProtocol

/// `blechd-worker commit`, killed at any moment.
@Suite struct KillTests {
  /// A session whose results wait in the spool, and what a commit of them needs.
  private struct Waiting {
    let session: ScratchSession
    let request: String
    let spool: URL
    /// The .h5 before, and the results after.
    let old: Data
    let new: [String: [UInt8]]
    /// Of a commit that nobody disturbs.
    let duration: Duration

    init(_ session: ScratchSession) async throws {
      self.session = session
      spool = session.folder.appending(path: "home/.local/state/blechd/spool")
      // Older results, of another shape and another seed, which the commit replaces.
      _ = try await session.infer(["--bin-size", "50", "--seed", "9"])
      old = try session.bytes()
      // While somebody holds the file the results stay in the spool.
      let holder = open(session.h5.path, O_RDONLY)
      flock(holder, LOCK_SH)
      let run = try await session.infer()
      #expect(run.exitCode == 75)
      close(holder)
      var source = SessionSource(directory: session.directory.path)
      source.overrides.trainSteps = 30
      guard
        case .result(.inspected(let inspection)) = try await Self.answer(
          to: .inspect(InspectTask(source: source)))
      else { throw CancellationError() }
      request = try Self.line(
        .commit(
          CommitTask(
            source: source, inspection: inspection, jobs: inspection.jobs.map(\.identity), spool: spool.path))
      )
      try FileManager.default.copyItem(at: spool, to: session.folder.appending(path: "spool"))
      let start = ContinuousClock.now
      _ = try await Self.run(request)
      duration = ContinuousClock.now - start
      new = try session.results()
      #expect(!new.isEmpty)
    }

    static func line(_ task: WorkerRequest.Task) throws -> String {
      String(decoding: try JSONEncoder().encode(WorkerRequest(task)), as: UTF8.self) + "\n"
    }

    static func answer(to task: WorkerRequest.Task) async throws -> WorkerMessage.Content {
      let answer = try #require(try await run(try line(task)).split(separator: "\n").last)
      return try JSONDecoder().decode(WorkerMessage.self, from: Data(answer.utf8)).content
    }

    /// Runs a worker to its end, or to the moment that `isOver` tells; what it says.
    static func run(_ request: String, until isOver: (@Sendable () -> Bool)? = nil) async throws -> String {
      try await Subprocess.run(
        .path(.init(Blechctl.worker)), input: .inputWriter, output: .sequence, error: .discarded
      ) { execution in
        _ = try? await execution.standardInputWriter.write(request)
        if let isOver {
          while !isOver() { usleep(20) }
          try? execution.send(signal: .kill)
        }
        var output = ""
        for try await line in execution.standardOutput.strings() { output += line + "\n" }
        try? await execution.standardInputWriter.finish()
        return output
      }.closureResult
    }

    func restore() throws {
      try old.write(to: session.h5)
      try? FileManager.default.removeItem(at: spool)
      try FileManager.default.copyItem(at: session.folder.appending(path: "spool"), to: spool)
    }
  }

  @Test func `Killed 200 times at random moments, the .h5 is always its old self or holds all new results`()
    async throws
  {
    try await withSession { session in
      let waiting = try await Waiting(session)
      let journal = session.directory.appending(path: Journal.name(besides: session.h5.lastPathComponent))
        .path
      var ends = ["old": 0, "new": 0]
      var withJournal = 0
      for round in 0..<200 {
        try waiting.restore()
        // Half of them anywhere, half of them once the journal is there.
        let (aims, delay) = (round % 2 == 1, Duration.microseconds(Int.random(in: 0...3000)))
        let anywhere = waiting.duration * Double.random(in: 0...1)
        let end = ContinuousClock.now + (aims ? .seconds(2) : anywhere)
        _ = try await Waiting.run(waiting.request) {
          guard aims, access(journal, F_OK) == 0 else { return ContinuousClock.now >= end }
          usleep(UInt32(delay / .microseconds(1)))
          return true
        }
        if access(journal, F_OK) == 0 { withJournal += 1 }
        let recovered = try await session.blechctl.run(["recover", session.directory.path])
        #expect(recovered.exitCode == 0, "\(recovered.errors)")
        if try session.bytes() == waiting.old {
          ends["old"]! += 1
        } else {
          ends["new"]! += 1
          #expect(try session.results() == waiting.new)
        }
        #expect(access(journal, F_OK) != 0)
      }
      print("200 kills: \(withJournal) left a journal, \(ends["old"]!) ended old, \(ends["new"]!) new")
      #expect(ends["old"]! > 20 && withJournal > 5)
    }
  }
}

import Foundation
import Testing

@Suite struct BenchTests {
  private struct Document: Decodable {
    struct Session: Decodable {
      var readMbPerS: Double
      var commitMs: Double
      var estimateS: Double
    }

    var isa: String
    var stepMs: Double
    var gflops: Double
    var peakGflops: Double
    var peakShare: Double
    var session: Session?
  }

  private func bench(_ options: [String]) async throws -> Document {
    try await withSession { session in
      let run = try await session.blechctl.run(
        ["bench", "--json", "--steps", "20"] + options, environment: ["TMPDIR": session.folder.path])
      #expect(run.exitCode == 0, "\(run.errors)")
      // What a benchmark wrote, it takes away.
      let left = try FileManager.default.contentsOfDirectory(atPath: session.folder.path)
      #expect(left.filter { $0.hasPrefix("blechd-bench") } == [])
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      return try decoder.decode(Document.self, from: Data(run.output.utf8))
    }
  }

  @Test func `A step is timed against the core's peak`() async throws {
    let result = try await bench(["--no-session", "--bins", "50", "--trials", "9", "--inputs", "12"])
    // 12 inputs, 8 hidden, 10 outputs: 130 + 88 + 144 + 144 + 81 + 100 parameters.
    let operations = 6.0 * 687 * 50 * 9
    #expect(abs(result.gflops * result.stepMs * 1e6 / operations - 1) < 1e-9)
    #expect(abs(result.gflops / result.peakGflops / result.peakShare - 1) < 1e-9)
    #expect(!result.isa.isEmpty && result.session == nil)
  }

  @Test func `Reading and a commit are timed on a session of their own`() async throws {
    let session = try #require(try await bench(["--bins", "50", "--trials", "9", "--inputs", "12"]).session)
    #expect(session.readMbPerS > 0 && session.commitMs > 0 && session.estimateS > 0)
  }
}

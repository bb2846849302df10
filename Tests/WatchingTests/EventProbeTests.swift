import SystemPackage
import TestSupport
import Testing

@testable import Watching

@Suite struct EventProbeTests {
  private func refusal(_ probe: EventProbe) throws -> EventProbe.Refusal? {
    #expect(throws: EventProbe.Refusal.self) { try probe.run() }
  }

  @Test func `A local folder tells of a new file, which is gone afterwards`() throws {
    try withScratch { scratch in
      guard case .told = try EventProbe(in: FilePath(scratch.path)).run(patience: .seconds(600)) else {
        Issue.record("no event")
        return
      }
      #expect(try scratch.names == [])
    }
  }

  @Test func `A folder where nothing is told of is silent`() throws {
    try withScratch { scratch in
      let outcome = try EventProbe(in: FilePath(scratch.path)).run(
        patience: .milliseconds(20), makingFile: { _ in })
      #expect(outcome == .silent)
    }
  }

  @Test func `Another file's event is not taken for its own`() throws {
    try withScratch { scratch in
      let outcome = try EventProbe(in: FilePath(scratch.path)).run(patience: .milliseconds(20)) {
        (_) throws(Errno) in
        do { try scratch.write("other", "") } catch { throw .ioError }
      }
      #expect(outcome == .silent)
    }
  }

  @Test func `A link to a folder is followed, as it is for a root`() throws {
    try withScratch { scratch in
      try scratch.makeLink("link", to: scratch.path)
      guard case .told = try EventProbe(in: FilePath(scratch.path("link"))).run(patience: .seconds(600))
      else {
        Issue.record("no event")
        return
      }
    }
  }

  @Test func `What is refused is said`() throws {
    try withScratch { scratch in
      let file = try scratch.write("file", "")
      #expect(
        try refusal(EventProbe(in: FilePath(scratch.path("none"))))
          == .init(step: .finding, error: .noSuchFileOrDirectory))
      #expect(try refusal(EventProbe(in: FilePath(file))) == .init(step: .watch, error: .notDirectory))
      #expect(
        try refusal(EventProbe(in: "/proc")) == .init(step: .makingAFile, error: .noSuchFileOrDirectory))
    }
  }
}

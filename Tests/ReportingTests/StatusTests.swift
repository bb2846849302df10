import FoundationEssentials
import Reporting
import TestSupport
import Testing

@Suite struct StatusTests {
  private func document(_ sessions: [StatusDocument.Session]) -> StatusDocument {
    StatusDocument(
      written: "2026-11-25T00:00:00Z",
      daemon: .init(
        version: "1", pid: 7, started: "2026-11-24T00:00:00Z", state: .watching, dryRun: true,
        configuration: "/c.yaml"),
      watches: [
        .init(
          path: "/data", fileSystem: "ext4", backend: "inotify", directories: 3, watched: 3,
          pollIntervalS: nil,
          scanned: true, problems: [])
      ], sessions: sessions)
  }

  @Test func `Every session is counted, and a thousand are listed, those first that need somebody`() {
    let done = (0..<1500).map { StatusDocument.Session(path: "/data/a\($0)", state: "done", reason: "") }
    let bad = StatusDocument.Session(path: "/data/z", state: "bad", reason: "it is broken")
    let old = StatusDocument.Session(path: "/data/y", state: "backlog", reason: "it is old")
    let status = document(done + [old, bad])
    #expect(status.counts == ["done": 1500, "backlog": 1, "bad": 1])
    #expect(status.sessions.count == StatusDocument.mostSessions && status.sessionsLeftOut == 502)
    #expect(status.sessions[0] == bad && status.sessions[1] == old)
    #expect(status.sessions[2].path == "/data/a0" && status.sessions[3].path == "/data/a1")
  }

  @Test func `The file is one whole document, readable for everybody, with names in snake case`() throws {
    try withScratch { scratch in
      let file = StatusFile(in: scratch.path("run"))
      let status = document([.init(path: "/data/ä\u{301}", state: "queued", reason: "2 of 2")])
      try file.write(status)
      try file.write(status)
      #expect(try JSONDocument.decode(StatusDocument.self, from: scratch.bytes("run/status.json")) == status)
      #expect(try scratch.text("run/status.json").contains(#""sessions_left_out" : 0"#))
      let attributes = try FileManager.default.attributesOfItem(atPath: scratch.path("run/status.json"))
      #expect((attributes[.posixPermissions] as? Int).map { $0 & 0o444 } == 0o444)
      #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path("run")) == ["status.json"])
      file.remove()
      #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path("run")).isEmpty)
    }
  }

  @Test func `A reader never sees half of a document`() async throws {
    try await withScratchAsync { scratch in
      let file = StatusFile(in: scratch.path)
      let sessions = (0..<300).map {
        StatusDocument.Session(path: "/data/\($0)", state: "queued", reason: "why")
      }
      let status = document(sessions)
      try file.write(status)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { for _ in 0..<100 { try file.write(status) } }
        group.addTask {
          for _ in 0..<300 {
            let bytes = try scratch.bytes("status.json")
            #expect(try JSONDocument.decode(StatusDocument.self, from: bytes) == status)
          }
        }
        try await group.waitForAll()
      }
    }
  }
}

import Foundation
import GRDB
import TestSupport
import Testing
import Vocabulary

@testable import Store

/// Hands over a new store.
func withStore(
  bounds: StoreBounds = .init(), _ body: (_ store: Store, _ scratch: Scratch) async throws -> Void
) async throws {
  try await withScratchAsync { scratch in
    let (store, notice) = try Store.open(in: scratch.path, bounds: bounds)
    #expect(notice == nil)
    try await body(store, scratch)
    await store.close()
  }
}

@Suite struct RecordsTests {
  @Test func `All of the queue comes back as it was, after the database was opened anew`() async throws {
    try await withScratchAsync { scratch in
      let commit = AttemptRecord(
        id: 8, path: "/data/a", work: .commit, number: 1, executor: "slurm", beganAt: 3)
      let bare = SessionRecord(path: "/data/b", phase: .committing, arrivedAt: 50)
      do {
        let store = try Store.open(in: scratch.path).store
        try await store.apply(
          Sample.changes("/data/a") + [
            .session(bare), .attemptBegan(Sample.attempt(7)), .attemptBegan(commit), .paused(true),
          ])
        await store.close()
      }
      let (store, notice) = try Store.open(in: scratch.path)
      let state = try await store.load()
      #expect(notice == nil)
      #expect(state.sessions == [bare, Sample.session("/data/a", .working)])
      #expect(state.jobs == Sample.states.enumerated().map { Sample.job("/data/a", $0, $1) })
      #expect(state.openAttempts == [Sample.attempt(7), commit])
      #expect(state.lastAttempt == 8 && state.isPaused)
      await store.close()
    }
  }

  @Test func `A database of nothing is an empty queue`() async throws {
    try await withScratchAsync { scratch in
      try scratch.write("blechd.sqlite", "")
      let (store, notice) = try Store.open(in: scratch.path)
      let state = try await store.load()
      #expect(notice == nil && state == StoredState())
      let mode = try FileManager.default.attributesOfItem(atPath: store.path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
      await store.close()
    }
  }

  @Test func `Sessions of every phase come back but those that are done`() async throws {
    try await withStore { store, _ in
      let phases = SessionRecord.Phase.allCases
      try await store.apply(
        phases.enumerated().map { .session(Sample.session("/\($1)", $1, arrivedAt: Int64($0))) })
      let state = try await store.load()
      #expect(state.sessions.map(\.phase) == phases.filter { $0 != .done })
    }
  }

  @Test func `The last of several changes holds, and the same again changes nothing`() async throws {
    try await withStore { store, _ in
      let changes: [StoreChange] =
        Sample.changes("/a") + [
          .forgetSession(path: "/a"), .session(Sample.session("/a", .failed)), .job(Sample.job("/a", 1)),
          .job(Sample.job("/a", 2)), .forgetJob(path: "/a", Sample.job("/a", 2).job),
          .job(Sample.job("/a", 1, .cancelled)), .paused(true), .paused(false),
          .attemptBegan(Sample.attempt(1)), .attemptEnded(Sample.end(1)),
        ]
      for _ in 0..<2 {
        try await store.apply(changes)
        let state = try await store.load()
        #expect(state.sessions == [Sample.session("/a", .failed)])
        #expect(state.jobs == [Sample.job("/a", 1, .cancelled)])
        #expect(!state.isPaused && state.openAttempts.isEmpty && state.lastAttempt == 1)
      }
      let history = try await store.attempts(of: nil, limit: 10)
      #expect(history.count == 1)
    }
  }

  @Test func `One change that does not fit takes those beside it along`() async throws {
    try await withStore { store, _ in
      await #expect(throws: Failure.self) {
        try await store.apply([.session(Sample.session("/a")), .job(Sample.job("/nowhere", 0))])
      }
      let state = try await store.load()
      #expect(state == StoredState())
    }
  }

  @Test func `Names that look alike, and names with a zero byte, are told apart`() async throws {
    try await withStore { store, _ in
      let (composed, decomposed) = ("/\u{E9}", "/e\u{301}")
      try await store.apply([.session(Sample.session(composed)), .session(Sample.session(decomposed))])
      try await store.apply(["a\u{0}b", "a\u{0}c", "a"].map { .job(Sample.job(composed, 0, region: $0)) })
      let state = try await store.load()
      #expect(state.sessions.map { Array($0.path.utf8) } == [composed, decomposed].map { Array($0.utf8) })
      #expect(state.jobs.map(\.job.region) == ["a\u{0}b", "a\u{0}c", "a"])
    }
  }

  @Test func `Attempts that never ended are lost, once`() async throws {
    try await withStore { store, _ in
      try await store.apply([
        .attemptBegan(Sample.attempt(1)), .attemptBegan(Sample.attempt(2)), .attemptEnded(Sample.end(1)),
      ])
      try await store.closeLostAttempts(at: 3000)
      try await store.closeLostAttempts(at: 4000)
      let ends = try await store.attempts(of: nil, limit: 10).map(\.end)
      #expect(ends == [AttemptEnd(id: 2, endedAt: 3000, reason: .lost), Sample.end(1)])
      let state = try await store.load()
      #expect(state.openAttempts.isEmpty)
    }
  }

  @Test(arguments: [
    "UPDATE sessions SET phase = 'dancing' WHERE path = '/a'",
    "UPDATE sessions SET arrived_at = 'soon' WHERE path = '/a'",
    "UPDATE jobs SET state = 'retrying' WHERE path = '/a'",
    "UPDATE jobs SET summary = '{' WHERE path = '/a' AND taste = 3",
    "UPDATE jobs SET attempts = x'00ff' WHERE path = '/a' AND taste = 1",
  ])
  func `A session of which something cannot be read is forgotten, and no other`(sql: String) async throws {
    try await withStore { store, _ in
      try await store.apply(Sample.changes("/a") + Sample.changes("/b"))
      try await store.writing { try $0.execute(sql: sql) }
      for _ in 0..<2 {
        let state = try await store.load()
        #expect(state.sessions.map(\.path) == ["/b"])
        #expect(state.jobs.map(\.path) == Sample.states.map { _ in "/b" })
      }
    }
  }

  @Test func `A task that is cancelled still writes what it has begun`() async throws {
    try await withStore { store, _ in
      let task = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        try await store.apply([.session(Sample.session("/a"))])
      }
      try await task.value
      let state = try await store.load()
      #expect(state.sessions.count == 1)
    }
  }

  @Test func `Ten thousand jobs are written and read`() async throws {
    try await withStore { store, _ in
      let changes = (0..<1000).flatMap { session in
        [StoreChange.session(Sample.session("/s\(session)", arrivedAt: Int64(session)))]
          + (0..<10).map { .job(Sample.job("/s\(session)", $0, .inferred(Sample.summary))) }
      }
      try await store.apply(changes)
      let state = try await store.load()
      #expect(state.sessions.count == 1000 && state.jobs.count == 10_000)
    }
  }
}

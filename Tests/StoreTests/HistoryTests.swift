import GRDB
import TestSupport
import Testing
import Vocabulary

@testable import Store

@Suite struct HistoryTests {
  @Test(arguments: ExitReason.allCases)
  func `An attempt's end comes back as it was, whatever the reason`(reason: ExitReason) async throws {
    try await withStore { store, _ in
      var end = Sample.end(1)
      end.reason = reason
      let bare = AttemptEnd(id: 2, endedAt: 1, reason: reason)
      try await store.apply([
        .attemptBegan(Sample.attempt(1)), .attemptEnded(end), .attemptBegan(Sample.attempt(2)),
        .attemptEnded(bare), .attemptBegan(Sample.attempt(3)),
      ])
      let rows = try await store.attempts(of: "/data/a", limit: 10)
      #expect(
        rows == [
          AttemptRow(attempt: Sample.attempt(3)), AttemptRow(attempt: Sample.attempt(2), end: bare),
          AttemptRow(attempt: Sample.attempt(1), end: end),
        ])
    }
  }

  @Test func `The history is told newest first, of one session or all, and outlives the session`()
    async throws
  {
    try await withStore { store, _ in
      try await store.apply([.session(Sample.session("/a"))])
      try await store.apply(
        (Int64(1)...6).map { .attemptBegan(Sample.attempt($0, $0 % 2 == 0 ? "/a" : "/b")) })
      try await store.apply([.forgetSession(path: "/a")])
      let all = try await store.attempts(of: nil, limit: 4)
      let some = try await store.attempts(of: "/a", limit: 2)
      let none = try await store.attempts(of: nil, limit: -1)
      #expect(all.map(\.attempt.id) == [6, 5, 4, 3])
      #expect(some.map(\.attempt.id) == [6, 4] && none.isEmpty)
    }
  }

  @Test func `Of logs the last bytes are kept, in whole characters, and of the last attempts only`()
    async throws
  {
    try await withStore(bounds: StoreBounds(logs: 3, logBytes: 10)) { store, _ in
      let logs = ["first", "second", "", "zero\u{0}byte", "0123456789ab", "€€€€"]
      for (id, log) in zip(Int64(1)..., logs) {
        try await store.apply([.attemptBegan(Sample.attempt(id)), .attemptEnded(Sample.end(id, log: log))])
      }
      var kept: [String?] = []
      for id in Int64(1)...6 { kept.append(await store.log(of: id)) }
      #expect(kept == [nil, nil, nil, "zero\u{0}byte", "23456789ab", "€€€"])
    }
  }

  @Test func `The highest number stays known when its attempt has gone`() async throws {
    try await withStore { store, _ in
      try await store.apply([.attemptBegan(Sample.attempt(41)), .attemptEnded(Sample.end(41, log: "text"))])
      let removed = await store.prune(days: 1, rows: 10, now: 1_000_000)
      let state = try await store.load()
      let log = await store.log(of: 41)
      #expect(removed == 1 && state.lastAttempt == 41 && log == nil)
    }
  }

  @Test func `What is too old or too much goes, oldest first, and what runs stays`() async throws {
    try await withStore { store, _ in
      let day: Int64 = 86_400
      try await store.apply(
        (Int64(1)...10).flatMap { id -> [StoreChange] in
          let began = StoreChange.attemptBegan(Sample.attempt(id, beganAt: id * day))
          return id == 1 || id == 9 ? [began] : [began, .attemptEnded(Sample.end(id))]
        })
      // Of ten, 2 to 5 are older than five days.
      let first = await store.prune(days: 5, rows: 100, now: 11 * day)
      let left = try await store.attempts(of: nil, limit: 100).map(\.attempt.id)
      #expect(first == 4 && left == [10, 9, 8, 7, 6, 1])
      await store.prune(days: 5, rows: 3, now: 11 * day)
      let fewer = try await store.attempts(of: nil, limit: 100).map(\.attempt.id)
      #expect(fewer == [10, 9, 1])
    }
  }

  @Test func `Done sessions go when nothing is left of them`() async throws {
    try await withStore { store, _ in
      try await store.apply([
        .session(Sample.session("/gone", .done)), .session(Sample.session("/kept", .done)),
        .session(Sample.session("/queued")), .attemptBegan(Sample.attempt(1, "/kept")),
      ])
      await store.prune(days: 1, rows: 1, now: 0)
      let paths = try await store.reading {
        try String.fetchAll($0, sql: "SELECT path FROM sessions ORDER BY 1")
      }
      #expect(paths == ["/kept", "/queued"])
    }
  }

  @Test func `One call removes only so much, and the history stays within its bound`() async throws {
    try await withStore(bounds: StoreBounds(pruned: 10)) { store, _ in
      try await store.apply(
        (Int64(1)...100).flatMap { [.attemptBegan(Sample.attempt($0)), .attemptEnded(Sample.end($0))] })
      var removed: [Int] = []
      for _ in 0..<6 { removed.append(await store.prune(days: 1, rows: 55, now: 0)) }
      #expect(removed == [10, 10, 10, 10, 5, 0])
    }
  }
}

import GRDB
import TestSupport
import Testing
import Vocabulary

@testable import Store

@Suite struct MemoryTests {
  @Test func `An inspection is recalled only for the same stamps and the same key`() async throws {
    try await withStore { store, _ in
      let inspection = Sample.inspection()
      await store.remember(inspection, path: "/a", key: "k")
      let found = await store.recall(path: "/a", key: "k", stamps: inspection.stamps)
      #expect(found == inspection)
      let others = [
        await store.recall(path: "/b", key: "k", stamps: inspection.stamps),
        await store.recall(path: "/a", key: "other", stamps: inspection.stamps),
        await store.recall(path: "/a", key: "k", stamps: Sample.inspection(modified: 6).stamps),
        await store.recall(path: "/a", key: "k", stamps: [:]),
      ]
      #expect(others == [nil, nil, nil, nil])
      await store.remember(Sample.inspection(modified: 6), path: "/a", key: "k")
      let superseded = await store.recall(path: "/a", key: "k", stamps: inspection.stamps)
      #expect(superseded == nil)
    }
  }

  @Test func `The inspections that were used longest ago are forgotten first`() async throws {
    try await withStore(bounds: StoreBounds(inspections: 3)) { store, _ in
      let inspection = Sample.inspection()
      for path in ["/a", "/b", "/c"] { await store.remember(inspection, path: path, key: "k") }
      _ = await store.recall(path: "/a", key: "k", stamps: inspection.stamps)
      await store.remember(inspection, path: "/d", key: "k")
      var found: [String] = []
      for path in ["/a", "/b", "/c", "/d"] {
        if await store.recall(path: path, key: "k", stamps: inspection.stamps) != nil { found.append(path) }
      }
      #expect(found == ["/a", "/c", "/d"])
    }
  }

  @Test func `An inspection that cannot be read is none`() async throws {
    try await withStore { store, _ in
      let inspection = Sample.inspection()
      await store.remember(inspection, path: "/a", key: "k")
      try await store.writing { try $0.execute(sql: "UPDATE inspections SET document = x'7b'") }
      let unreadable = await store.recall(path: "/a", key: "k", stamps: inspection.stamps)
      await store.close()
      let closed = await store.recall(path: "/a", key: "k", stamps: inspection.stamps)
      #expect(unreadable == nil && closed == nil)
    }
  }

  @Test func `Of two times of a root the earlier holds, and what one place has lost the other gives back`()
    async throws
  {
    try await withStore { store, _ in
      let first = try await store.reconcileRoots(["/a": 10, "/b": 20])
      #expect(first == ["/a": 10, "/b": 20])
      let second = try await store.reconcileRoots(["/a": 30, "/b": 5, "/c": 7])
      #expect(second == ["/a": 10, "/b": 5, "/c": 7])
      let mended = try await store.reconcileRoots([:])
      #expect(mended == second)
    }
  }
}

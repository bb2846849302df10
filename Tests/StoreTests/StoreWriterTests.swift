import Foundation
import GRDB
import Synchronization
import TestSupport
import Testing
import Vocabulary

@testable import Store

/// What a writer has told, and what it is given as a snapshot.
private final class Listener: Sendable {
  private let told = Mutex<[Failure?]>([])
  let snapshots = Mutex(0)
  let snapshot: [StoreChange]

  init(snapshot: [StoreChange] = []) { self.snapshot = snapshot }

  var problems: [Failure?] { told.withLock { $0 } }

  func writer(_ store: Store, bounds: Backlog.Bounds = .init()) -> StoreWriter {
    StoreWriter(
      store, bounds: bounds, delays: .milliseconds(20) ... .milliseconds(100),
      snapshot: { [self] in
        snapshots.withLock { $0 += 1 }
        return snapshot
      },
      onProblem: { [self] problem in told.withLock { $0.append(problem) } })
  }

  /// Waits until `holds`, but not forever.
  func wait(_ holds: ([Failure?]) -> Bool) async throws {
    for _ in 0..<12_000 where !holds(problems) { try await Task.sleep(for: .milliseconds(10)) }
    try #require(holds(problems), "\(problems)")
  }
}

@Suite struct StoreWriterTests {
  @Test func `What is handed over is written in its order, and flushing waits for it`() async throws {
    try await withStore { store, _ in
      let listener = Listener()
      let writer = listener.writer(store)
      for number in Int64(0)..<500 {
        writer.add([
          .session(Sample.session("/a", arrivedAt: number)), .job(Sample.job("/a", Int(number % 5))),
        ])
        if number % 100 == 50 { writer.add([.forgetSession(path: "/a")]) }
      }
      let isWritten = await writer.flush(atMost: .seconds(120))
      let state = try await store.load()
      #expect(isWritten && state.sessions == [Sample.session("/a", arrivedAt: 499)] && state.jobs.count == 5)
      #expect(listener.problems.isEmpty)
      writer.stop()
    }
  }

  @Test func `A store that cannot be written is told once, and all is written when it can`() async throws {
    try await withStore { store, _ in
      let listener = Listener()
      let writer = listener.writer(store, bounds: Backlog.Bounds(attempts: 10, unsorted: 50))
      try await store.limitPages(to: 0)
      for number in Int64(1)...2000 {
        writer.add([.session(Sample.session("/a", arrivedAt: number)), .attemptBegan(Sample.attempt(number))])
        writer.add(Sample.changes("/big/\(number % 20)"))
      }
      try await listener.wait { !$0.isEmpty }
      let isWritten = await writer.flush(atMost: .milliseconds(300))
      #expect(!isWritten)
      #expect(listener.problems.count == 1)
      #expect(listener.problems.first??.code == .cannotWrite)
      #expect(listener.problems.first??.what.contains("full") == true)
      try await store.limitPages(to: 1_000_000)
      let isWrittenAtLast = await writer.flush(atMost: .seconds(120))
      try await listener.wait { $0.last == .some(nil) }
      let state = try await store.load()
      #expect(isWrittenAtLast && listener.problems.count == 2)
      #expect(state.sessions.count == 21 && state.sessions.contains(Sample.session("/a", arrivedAt: 2000)))
      #expect(state.openAttempts.map(\.id).suffix(10) == (1991...2000).map { $0 })
      #expect(writer.lost.attempts > 0)
      writer.stop()
    }
  }

  @Test func `A change that never fits is left out, and those beside it are written`() async throws {
    try await withStore { store, _ in
      let listener = Listener()
      let writer = listener.writer(store)
      writer.add([.session(Sample.session("/a")), .job(Sample.job("/nowhere", 1)), .paused(true)])
      let isWritten = await writer.flush(atMost: .seconds(120))
      try await listener.wait { $0.last == .some(nil) }
      let state = try await store.load()
      #expect(isWritten && state.sessions.count == 1 && state.isPaused)
      #expect(listener.problems.first??.code == .internalError && writer.lost.refused == 1)
      writer.stop()
    }
  }

  @Test func `A store that is found damaged is begun anew with all that there is`() async throws {
    try await withStore { store, scratch in
      try await store.apply((0..<3000).flatMap { Sample.changes("/old/\($0)") })
      try await store.spoilPages()
      let listener = Listener(snapshot: Sample.changes("/now"))
      let writer = listener.writer(store)
      // Spread over the whole tree, so that pages that were spoilt are met.
      writer.add((0..<3000).map { .session(Sample.session("/old/\($0)", .failed)) } + [.paused(true)])
      let isWritten = await writer.flush(atMost: .seconds(120))
      try await listener.wait { $0.last == .some(nil) }
      let state = try await store.load()
      #expect(isWritten && listener.snapshots.withLock { $0 } == 1)
      #expect(state.sessions.count == 3001 && state.jobs.count == Sample.states.count && state.isPaused)
      #expect(listener.problems.contains { $0?.what.contains("blechd.sqlite.damaged-1") == true })
      #expect(try scratch.names.contains("blechd.sqlite.damaged-1"))
      writer.stop()
    }
  }

  @Test func `Too many records to wait are written from a snapshot, in place of what is there`() async throws
  {
    try await withStore { store, _ in
      try await store.apply(Sample.changes("/old"))
      let listener = Listener(snapshot: Sample.changes("/now"))
      let writer = listener.writer(store, bounds: Backlog.Bounds(records: 10, unsorted: 20))
      let gate = DispatchSemaphore(value: 0)
      let held = Task { try await store.writing { _ in gate.wait() } }
      for number in 0..<500 { writer.add(Sample.changes("/big/\(number)")) }
      gate.signal()
      try await held.value
      let isWritten = await writer.flush(atMost: .seconds(120))
      let paths = try await store.load().sessions.map(\.path)
      #expect(isWritten && listener.snapshots.withLock { $0 } > 0)
      // Those that were added after the snapshot are there beside it.
      #expect(paths.contains("/now") && !paths.contains("/old") && paths.count < 400)
      writer.stop()
    }
  }

  @Test func `After it is stopped nothing is written`() async throws {
    try await withStore { store, _ in
      let writer = Listener().writer(store)
      writer.stop()
      writer.add([.paused(true)])
      let isWritten = await writer.flush(atMost: .milliseconds(50))
      let state = try await store.load()
      #expect(isWritten && !state.isPaused)
    }
  }
}

extension Store {
  /// SQLite takes a database that may not grow for a full disk. Below what there is, the bound is what there is.
  fileprivate func limitPages(to count: Int) async throws {
    try await writing { try $0.execute(sql: "PRAGMA max_page_count = \(max(count, 1))") }
  }

  /// Overwrites most of the database on the disk, under the open connection.
  fileprivate func spoilPages() async throws {
    try await writing { _ in }
    let path = path
    let database = try DatabaseQueue(path: path)
    try await database.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
    try database.close()
    try await reading { try $0.execute(sql: "PRAGMA shrink_memory") }
    let file = try FileHandle(forWritingTo: URL(filePath: path))
    let size = try file.seekToEnd()
    try file.seek(toOffset: 4096 * 3)
    try file.write(contentsOf: Data(repeating: 0x5A, count: Int(size) - 4096 * 3))
    try file.close()
  }
}

import Foundation
import GRDB
import TestSupport
import Testing
import Vocabulary

@testable import Store

@Suite struct DamageTests {
  /// What may happen to the file while no daemon runs.
  enum Damage: String, CaseIterable, Sendable {
    case truncated, header, garbage, pages, directory, link, otherTables, missingTable, newerSchema,
      logIsDirectory

    func inflict(on scratch: Scratch) throws {
      var bytes = try scratch.bytes("blechd.sqlite")
      switch self {
      case .truncated: try scratch.write("blechd.sqlite", Array(bytes.prefix(bytes.count / 2 + 100)))
      case .header: bytes.replaceSubrange(0..<64, with: [UInt8](repeating: 0x5A, count: 64))
      case .garbage: bytes = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) }
      case .pages:
        for index in (bytes.count / 4)..<(bytes.count / 2) { bytes[index] = ~bytes[index] }
      case .directory:
        try FileManager.default.removeItem(atPath: scratch.path("blechd.sqlite"))
        try FileManager.default.createDirectory(
          atPath: scratch.path("blechd.sqlite"), withIntermediateDirectories: false)
      case .link:
        try FileManager.default.moveItem(
          atPath: scratch.path("blechd.sqlite"), toPath: scratch.path("elsewhere"))
        try scratch.makeLink("blechd.sqlite", to: "elsewhere")
      case .otherTables:
        try change(scratch, "DROP TABLE grdb_migrations")
      case .missingTable: try change(scratch, "DROP TABLE logs")
      case .newerSchema: try change(scratch, "INSERT INTO grdb_migrations VALUES ('2')")
      case .logIsDirectory:
        try FileManager.default.createDirectory(
          atPath: scratch.path("blechd.sqlite-wal"), withIntermediateDirectories: false)
      }
      if [.header, .garbage, .pages].contains(self) { try scratch.write("blechd.sqlite", bytes) }
    }

    private func change(_ scratch: Scratch, _ sql: String) throws {
      let database = try DatabaseQueue(path: scratch.path("blechd.sqlite"))
      try database.writeWithoutTransaction { try $0.execute(sql: sql) }
      try database.close()
    }
  }

  /// Writes a store with some pages, and closes it.
  private func fill(_ scratch: Scratch) async throws {
    let store = try Store.open(in: scratch.path).store
    try await store.apply((0..<500).flatMap { Sample.changes("/session/\($0)") })
    await store.close()
    #expect(try scratch.names == ["blechd.sqlite"])
  }

  @Test(arguments: Damage.allCases)
  func `A database that cannot be used is set aside, and a new one is begun`(damage: Damage) async throws {
    try await withScratchAsync { scratch in
      try await fill(scratch)
      try damage.inflict(on: scratch)
      let (store, notice) = try Store.open(in: scratch.path)
      let aside = scratch.path("blechd.sqlite.damaged-1")
      #expect(notice?.contains(aside) == true, "\(notice ?? "")")
      #expect((try? FileManager.default.attributesOfItem(atPath: aside)) != nil)
      let hasLog = FileManager.default.fileExists(atPath: aside + "-wal")
      #expect(hasLog == (damage == .logIsDirectory))
      let empty = try await store.load()
      #expect(empty == StoredState())
      try await store.apply(Sample.changes("/new"))
      let state = try await store.load()
      #expect(state.jobs.count == Sample.states.count)
      await store.close()
      let again = try Store.open(in: scratch.path)
      #expect(again.notice == nil)
      await again.store.close()
    }
  }

  @Test func `A log of garbage is passed over, and the database is as it was`() async throws {
    try await withScratchAsync { scratch in
      try await fill(scratch)
      try scratch.write("blechd.sqlite-wal", [UInt8](repeating: 0xA5, count: 20_000))
      try scratch.write("blechd.sqlite-shm", [UInt8](repeating: 0x5A, count: 32_768))
      let (store, notice) = try Store.open(in: scratch.path)
      let state = try await store.load()
      #expect(notice == nil && state.sessions.count == 500)
      await store.close()
    }
  }

  @Test func `What was written outlives a daemon that was killed`() async throws {
    try await withScratchAsync { scratch in
      let store = try Store.open(in: scratch.path).store
      try await store.apply(Sample.changes("/a"))
      let copy = scratch.path("copy")
      try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: false)
      // What the disk holds while the daemon runs is what it would find.
      for name in ["blechd.sqlite", "blechd.sqlite-wal"] {
        try FileManager.default.copyItem(atPath: scratch.path(name), toPath: "\(copy)/\(name)")
      }
      let (found, notice) = try Store.open(in: copy)
      let state = try await found.load()
      #expect(notice == nil && state.sessions.count == 1)
      await found.close()
      await store.close()
    }
  }

  @Test func `Of databases that were set aside the last three are kept`() async throws {
    try await withScratchAsync { scratch in
      for number in 1...5 {
        try scratch.write("blechd.sqlite", "garbage \(number) " + String(repeating: "x", count: 5000))
        let (store, notice) = try Store.open(in: scratch.path)
        #expect(notice != nil)
        await store.close()
      }
      let aside = try scratch.names.filter { $0.contains("damaged") }
      #expect(aside == (3...5).map { "blechd.sqlite.damaged-\($0)" })
      let text = try scratch.text("blechd.sqlite.damaged-4")
      #expect(text.hasPrefix("garbage 4"))
    }
  }

  @Test func `A place where nothing can be made gets a failure that says what to do`() throws {
    try withScratch { scratch in
      try scratch.write("file", "")
      let failure = #expect(throws: Failure.self) { try Store.open(in: scratch.path("file/state")) }
      #expect(failure?.code == .cannotWrite)
      #expect(failure?.place == scratch.path("file/state") || failure?.place == scratch.path("file"))
      #expect(
        failure?.remedy.contains("state directory") == true, "\(failure.map(String.init(describing:)) ?? "")")
    }
  }

  @Test func `A store that is closed fails, and can be tried again`() async throws {
    try await withStore { store, _ in
      await store.close()
      let failure = await #expect(throws: Failure.self) { try await store.apply([.paused(true)]) }
      #expect(failure?.code == .temporary)
    }
  }
}

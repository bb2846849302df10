import FoundationEssentials
import GRDB
import Vocabulary

/// What blechd remembers from one run to the next: a SQLite database in the state directory.
///
/// The results themselves, with their fingerprints, are in the sessions' .h5 files: with the store lost, nothing is
/// computed twice. All calls but `open` leave the waiting to a queue of the database's own.
public final class Store: Sendable {
  private let queue: DatabaseQueue
  private let directory: String

  /// Of workers' stderr, so many are kept.
  static let mostLogs = 1000
  /// A lab has some thousand sessions.
  static let mostInspections = 50_000

  private init(_ queue: DatabaseQueue, directory: String) {
    self.queue = queue
    self.directory = directory
  }

  /// Opens the database in `directory`, or makes one. What cannot be read is set aside. Blocks.
  ///
  /// - Returns: the store, and what a person should know where an earlier one could not be read.
  /// - Throws: `Failure` where none can be made.
  public static func open(in directory: String) throws(Failure) -> (store: Store, notice: String?) {
    let (queue, notice) = try Opening.open(in: directory)
    return (Store(queue, directory: directory), notice)
  }

  /// Why the store could not do something.
  public enum Problem: Error, Equatable, Sendable {
    /// The database's file is not sound any more: another one must be opened.
    case damaged(Failure)
    /// The disk, or somebody else, is in the way.
    case failed(Failure)

    public var failure: Failure {
      switch self {
      case .damaged(let failure), .failed(let failure): failure
      }
    }
  }

  private func writing<Result: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Result
  ) async throws(Problem) -> Result {
    do { return try await queue.write(body) } catch { throw problem(error) }
  }

  private func reading<Result: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Result
  ) async throws(Problem) -> Result {
    do { return try await queue.read(body) } catch { throw problem(error) }
  }

  private func problem(_ error: any Error) -> Problem {
    let failure = Opening.failure(error, in: directory)
    if let error = error as? DatabaseError, Opening.isDamage(error) { return .damaged(failure) }
    return .failed(failure)
  }

  /// Leaves one whole file behind. Nothing can be asked of the store any more.
  public func close() { try? queue.close() }

  // MARK: The work

  /// Writes all of them down, in their order, or none.
  public func apply(_ changes: [StoreChange]) async throws(Problem) {
    try await writing { db in
      for change in changes { try Self.apply(change, db) }
    }
  }

  private static func apply(_ change: StoreChange, _ db: Database) throws {
    switch change {
    case .session(let record): try record.write(db)
    case .job(let record): try record.write(db)
    case .attemptBegan(let record): try record.write(db)
    case .attemptEnded(let end): try end.write(db)
    case .forgetSession(let path):
      try db.execute(sql: "DELETE FROM sessions WHERE path = ?", arguments: [path])
    case .forgetJob(let path, let job):
      try db.execute(
        sql: "DELETE FROM jobs WHERE path = ? AND region = ? AND taste = ?",
        arguments: [path, job.region, job.taste.number])
    case .paused(let isPaused): try set("paused", isPaused ? "yes" : "no", db)
    }
  }

  private static func set(_ name: String, _ value: String, _ db: Database) throws {
    try db.execute(
      sql:
        "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      arguments: [name, value])
  }

  /// What an earlier run left. Rows that a person has made unreadable are left out.
  public func load() async throws(Problem) -> StoredState {
    try await reading { db in
      let sessions = try Row.fetchAll(
        db, sql: "SELECT * FROM sessions WHERE phase <> 'done' ORDER BY arrived_at, rowid"
      ).compactMap { SessionRecord($0) }
      let jobs = try Row.fetchAll(
        db,
        sql:
          "SELECT * FROM jobs WHERE path IN (SELECT path FROM sessions WHERE phase <> 'done') ORDER BY rowid"
      ).compactMap { JobRecord($0) }
      let open = try Row.fetchAll(db, sql: "SELECT * FROM attempts WHERE ended_at IS NULL ORDER BY id")
        .compactMap { AttemptRecord($0) }
      let last = try Int64.fetchOne(db, sql: "SELECT MAX(id) FROM attempts") ?? 0
      let beyond = try String.fetchOne(db, sql: "SELECT value FROM settings WHERE name = 'last_attempt'")
      let paused = try String.fetchOne(db, sql: "SELECT value FROM settings WHERE name = 'paused'")
      return StoredState(
        sessions: sessions, jobs: jobs, openAttempts: open,
        lastAttempt: max(last, beyond.flatMap { Int64($0) } ?? 0), isPaused: paused == "yes")
    }
  }

  /// Attempts that never ended are told as lost.
  public func closeLostAttempts(at time: Int64) async throws(Problem) {
    try await writing { db in
      try db.execute(
        sql: "UPDATE attempts SET ended_at = ?, reason = ? WHERE ended_at IS NULL",
        arguments: [time, ExitReason.lost.rawValue])
    }
  }

  // MARK: Roots

  /// When each root was first watched, from here and from elsewhere: the earlier time counts.
  ///
  /// - Parameter known: in seconds since 1970, by path.
  /// - Returns: all that are known to either.
  public func reconcileRoots(_ known: [String: Int64]) async throws(Problem) -> [String: Int64] {
    try await writing { db in
      for (path, time) in known {
        try db.execute(
          sql: """
            INSERT INTO roots (path, first_watched_at) VALUES (?, ?)
            ON CONFLICT (path) DO UPDATE SET first_watched_at = MIN(first_watched_at, excluded.first_watched_at)
            """,
          arguments: [path, time])
      }
      let rows = try Row.fetchAll(db, sql: "SELECT path, first_watched_at FROM roots")
      return Dictionary(rows.map { ($0["path"], $0["first_watched_at"]) }, uniquingKeysWith: { min($0, $1) })
    }
  }

  // MARK: Inspections

  /// What was found in a session under these stamps, if it is remembered.
  public func recall(path: String, key: String, stamps: SessionStamps) async -> Inspection? {
    try? await writing { db in
      let text: String? = try String.fetchOne(
        db, sql: "SELECT inspection FROM inspections WHERE path = ? AND key = ? AND stamps = ?",
        arguments: [path, key, try stamps.json])
      guard let text else { return nil }
      try db.execute(
        sql: "UPDATE inspections SET used = (SELECT MAX(used) + 1 FROM inspections) WHERE path = ?",
        arguments: [path])
      return try? Inspection(json: text)
    }
  }

  /// Remembers what was found; what cannot be remembered is found again.
  public func remember(_ inspection: Inspection, path: String, key: String) async {
    try? await writing { db in
      try db.execute(
        sql: """
          INSERT OR REPLACE INTO inspections (path, key, stamps, inspection, used)
          VALUES (?, ?, ?, ?, (SELECT IFNULL(MAX(used), 0) + 1 FROM inspections))
          """,
        arguments: [path, key, try inspection.stamps.json, try inspection.json])
      try db.execute(
        sql:
          "DELETE FROM inspections WHERE used <= (SELECT used FROM inspections ORDER BY used DESC LIMIT 1 OFFSET ?)",
        arguments: [Self.mostInspections])
    }
  }

  // MARK: History

  /// The latest attempts, newest first.
  ///
  /// - Parameter path: of one session; nil: of all.
  public func attempts(of path: String? = nil, limit: Int) async throws(Problem) -> [AttemptRow] {
    try await reading { db in
      try Row.fetchAll(
        db, sql: "SELECT * FROM attempts WHERE ?1 IS NULL OR path = ?1 ORDER BY id DESC LIMIT ?2",
        arguments: [path, limit]
      ).compactMap { AttemptRow($0) }
    }
  }

  /// The end of what an attempt's worker wrote on stderr.
  public func log(of attempt: Int64) async throws(Problem) -> String? {
    try await reading { db in
      try String.fetchOne(db, sql: "SELECT text FROM logs WHERE attempt = ?", arguments: [attempt])
    }
  }

  /// Forgets what is older, and what is more, than is to be remembered.
  ///
  /// - Parameter now: in seconds since 1970.
  /// - Returns: how many attempts were forgotten.
  @discardableResult
  public func prune(days: Int, rows: Int, now: Int64) async throws(Problem) -> Int {
    try await writing { db in
      // The numbers of attempts go on, whatever is forgotten.
      if let last = try Int64.fetchOne(db, sql: "SELECT MAX(id) FROM attempts") {
        try Self.set("last_attempt", "\(last)", db)
      }
      try db.execute(
        sql: """
          DELETE FROM attempts WHERE ended_at IS NOT NULL AND (ended_at < ?
            OR id <= (SELECT id FROM attempts ORDER BY id DESC LIMIT 1 OFFSET ?))
          """,
        arguments: [now - Int64(days) * 86_400, rows])
      let count = db.changesCount
      try db.execute(
        sql: """
          DELETE FROM sessions WHERE phase = 'done'
            AND NOT EXISTS (SELECT 1 FROM attempts WHERE attempts.path = sessions.path)
          """)
      return count
    }
  }
}

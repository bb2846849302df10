import GRDB
import Vocabulary

extension Store {
  /// What a daemon goes on with: sessions that are not done, in the order in which they came, and attempts without an end.
  ///
  /// A session of which something cannot be read is forgotten: it is found anew on its disk.
  public func load() async throws(Failure) -> StoredState {
    do throws(StoreProblem) {
      return try await writing { database in
        var state = StoredState()
        let (sessions, unreadableSessions) = try database.sessions()
        let (jobs, sessionsOfUnreadable) = try database.jobs()
        let unreadable = unreadableSessions.union(sessionsOfUnreadable)
        for path in unreadable { try database.run("DELETE FROM sessions WHERE path = ?", [path]) }
        state.sessions = sessions.filter { !unreadable.contains($0.path.stored) }
        state.jobs = jobs.filter { !unreadable.contains($0.path.stored) }
        state.openAttempts = try database.openAttempts()
        state.lastAttempt =
          try Int64.fetchOne(database, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'attempts'") ?? 0
        state.isPaused =
          try String.fetchOne(database, sql: "SELECT value FROM settings WHERE name = 'paused'") == "true"
        return state
      }
    } catch {
      throw error.failure
    }
  }

  /// Gives every attempt without an end one, as it was lost; but for those of jobs that run, which have a handle to be found
  /// again by.
  ///
  /// - Parameter time: in seconds since 1970.
  public func closeLostAttempts(at time: Int64) async throws(Failure) {
    do throws(StoreProblem) {
      try await writing { database in
        try database.run(
          """
          UPDATE attempts SET ended_at = ?, reason = ? WHERE ended_at IS NULL AND (handle IS NULL OR NOT EXISTS (
            SELECT 1 FROM jobs WHERE state = 'running' AND jobs.path = attempts.path
              AND jobs.region = attempts.region AND jobs.taste = attempts.taste
              AND jobs.fingerprint = attempts.fingerprint))
          """,
          [time, ExitReason.lost.rawValue])
      }
    } catch {
      throw error.failure
    }
  }
}

extension Database {
  fileprivate func sessions() throws -> (records: [SessionRecord], unreadable: Set<DatabaseValue>) {
    let rows = try Row.fetchCursor(
      self, sql: "SELECT * FROM sessions WHERE phase <> 'done' ORDER BY arrived_at, rowid")
    var (records, unreadable): ([SessionRecord], Set<DatabaseValue>) = ([], [])
    while let row = try rows.next() {
      do { records.append(try SessionRecord(row)) } catch is UnreadableRow { unreadable.insert(row["path"]) }
    }
    return (records, unreadable)
  }

  /// The jobs of sessions that are not done.
  fileprivate func jobs() throws -> (records: [JobRecord], unreadableSessions: Set<DatabaseValue>) {
    let rows = try Row.fetchCursor(
      self,
      sql: """
        SELECT jobs.* FROM jobs JOIN sessions USING (path) WHERE phase <> 'done' ORDER BY jobs.rowid
        """)
    var (records, unreadable): ([JobRecord], Set<DatabaseValue>) = ([], [])
    while let row = try rows.next() {
      do { records.append(try JobRecord(row)) } catch is UnreadableRow { unreadable.insert(row["path"]) }
    }
    return (records, unreadable)
  }

  /// One that cannot be read has nothing to be found by.
  fileprivate func openAttempts() throws -> [AttemptRecord] {
    let rows = try Row.fetchCursor(self, sql: "SELECT * FROM attempts WHERE ended_at IS NULL ORDER BY id")
    var records: [AttemptRecord] = []
    while let row = try rows.next() {
      if let record = try? AttemptRecord(row) { records.append(record) }
    }
    return records
  }
}

extension SessionRecord {
  fileprivate init(_ row: Row) throws {
    self.init(
      path: try row.required("path"), phase: try row.word("phase"), arrivedAt: try row.required("arrived_at"),
      firstAt: try row.optional("first_at"), request: try row.optionalWord("request"),
      isRetraining: (try row.required("is_retraining") as Int64) != 0)
  }
}

extension JobRecord {
  fileprivate init(_ row: Row) throws {
    self.init(
      path: try row.required("path"), job: try JobIdentity(row), fingerprint: try row.required("fingerprint"),
      state: try State(row), attempts: try row.required("attempts"), breaches: try row.required("breaches"))
  }
}

extension JobIdentity {
  init(_ row: Row) throws {
    let number: Int = try row.required("taste")
    self.init(region: try row.required("region"), taste: number < 0 ? .all : .index(number))
  }
}

import FoundationEssentials
import GRDB
import Vocabulary

extension Store {
  /// The latest attempts, newest first: of one session, or of all.
  ///
  /// - Parameter limit: at most 100,000 are given, whatever is asked for.
  public func attempts(of path: String?, limit: Int) async throws(Failure) -> [AttemptRow] {
    do throws(StoreProblem) {
      return try await reading { database in
        let condition = path == nil ? "" : "WHERE path = ?"
        let count = min(max(limit, 0), 100_000)
        let arguments: [any DatabaseValueConvertible] = (path.map { [$0.stored] } ?? []) + [count]
        let rows = try Row.fetchCursor(
          database, sql: "SELECT * FROM attempts \(condition) ORDER BY id DESC LIMIT ?",
          arguments: StatementArguments(arguments))
        var attempts: [AttemptRow] = []
        while let row = try rows.next() {
          // What cannot be read is no reason to show nothing.
          if let attempt = try? AttemptRow(row) { attempts.append(attempt) }
        }
        return attempts
      }
    } catch {
      throw error.failure
    }
  }

  /// The end of what an attempt's worker wrote on stderr; nil where it wrote nothing, or it is not kept any more.
  public func log(of attempt: Int64) async -> String? {
    try? await reading { database in
      try Data.fetchOne(database, sql: "SELECT text FROM logs WHERE attempt = ?", arguments: [attempt])
        .map { String(decoding: $0, as: UTF8.self) }
    }
  }

  /// Removes the oldest attempts beyond what is to be remembered, and done sessions that have none left. Some thousand at
  /// a time: what is left over goes the next time.
  ///
  /// - Parameters:
  ///   - days: how long an attempt is remembered from its beginning.
  ///   - rows: how many are remembered.
  ///   - now: in seconds since 1970.
  /// - Returns: how many attempts and sessions went.
  @discardableResult
  public func prune(days: Int, rows: Int, now: Int64) async -> Int {
    let bound = bounds.pruned
    let oldest = now.subtractingReportingOverflow(
      Int64(days).multipliedReportingOverflow(by: 86_400).partialValue)
    let removed = try? await writing { database in
      var count = try database.removeAttempts(before: oldest.partialValue, atMost: bound)
      count += try database.removeAttempts(beyond: rows, atMost: bound - count)
      return count + (try database.removeDoneSessions(atMost: bound))
    }
    return removed ?? 0
  }
}

extension Database {
  /// Those that have not ended stay.
  fileprivate func removeAttempts(before time: Int64, atMost count: Int) throws -> Int {
    try run(
      """
      DELETE FROM attempts WHERE id IN (
        SELECT id FROM attempts WHERE began_at < ? AND ended_at IS NOT NULL ORDER BY began_at LIMIT ?)
      """, [time, count])
    return changesCount
  }

  fileprivate func removeAttempts(beyond rows: Int, atMost count: Int) throws -> Int {
    let excess = (try Int.fetchOne(self, sql: "SELECT count(*) FROM attempts") ?? 0) - max(rows, 0)
    guard excess > 0, count > 0 else { return 0 }
    try run(
      "DELETE FROM attempts WHERE id IN (SELECT id FROM attempts WHERE ended_at IS NOT NULL ORDER BY id LIMIT ?)",
      [min(excess, count)])
    return changesCount
  }

  fileprivate func removeDoneSessions(atMost count: Int) throws -> Int {
    try run(
      """
      DELETE FROM sessions WHERE path IN (
        SELECT path FROM sessions WHERE phase = 'done'
          AND NOT EXISTS (SELECT 1 FROM attempts WHERE attempts.path = sessions.path) LIMIT ?)
      """, [count])
    return changesCount
  }
}

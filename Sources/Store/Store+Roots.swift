import GRDB
import Vocabulary

extension Store {
  /// Brings the two places together where it is written when each root was first watched. The earlier time wins; what one
  /// of them has lost, the other still has.
  ///
  /// - Parameter known: what the register says, in seconds since 1970 by path.
  /// - Returns: what holds, which the store has now.
  public func reconcileRoots(_ known: [String: Int64]) async throws(Failure) -> [String: Int64] {
    do throws(StoreProblem) {
      return try await writing { database in
        var times = known
        let rows = try Row.fetchCursor(database, sql: "SELECT path, first_watched FROM roots")
        while let row = try rows.next() {
          guard let path: String = try? row.required("path"),
            let time: Int64 = try? row.required("first_watched")
          else { continue }
          times[path] = min(times[path] ?? time, time)
        }
        for (path, time) in times {
          try database.run(
            """
            INSERT INTO roots (path, first_watched) VALUES (?, ?)
            ON CONFLICT DO UPDATE SET first_watched = excluded.first_watched
            """, [path.stored, time])
        }
        return times
      }
    } catch {
      throw error.failure
    }
  }
}

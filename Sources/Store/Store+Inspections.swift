import FoundationEssentials
import GRDB
import Vocabulary

extension Store {
  /// What an inspection found, if the session's files still bear these stamps; nil where it is not known, or cannot be read.
  ///
  /// - Parameters:
  ///   - path: the session's directory.
  ///   - key: of everything but the files that an inspection depends on.
  public func recall(path: String, key: String, stamps: SessionStamps) async -> Inspection? {
    let found = try? await reading { database in
      try Row.fetchOne(
        database, sql: "SELECT document, used FROM inspections WHERE path = ? AND key = ?",
        arguments: [path.stored, key.stored]
      ).map { row in (document: try row.required("document") as Data, used: try row.required("used") as Int64)
      }
    }
    guard let found = found ?? nil, let inspection = StoredJSON.decoded(Inspection.self, found.document),
      inspection.stamps == stamps
    else { return nil }
    _ = try? await writing { try $0.noteUse(of: path, lastUse: found.used) }
    return inspection
  }

  /// Remembers what an inspection found; the one before of that session is forgotten. What cannot be written is not
  /// remembered.
  public func remember(_ inspection: Inspection, path: String, key: String) async {
    let bound = bounds.inspections
    _ = try? await writing { database in
      try database.run(
        """
        INSERT INTO inspections (path, key, used, document)
        VALUES (?, ?, (SELECT ifnull(max(used), 0) + 1 FROM inspections), ?)
        ON CONFLICT DO UPDATE SET key = excluded.key, used = excluded.used, document = excluded.document
        """, [path.stored, key.stored, try StoredJSON.encoded(inspection)])
      try database.run(
        "DELETE FROM inspections WHERE used <= (SELECT used FROM inspections ORDER BY used DESC LIMIT 1 OFFSET ?)",
        [bound])
    }
  }
}

extension Database {
  fileprivate func noteUse(of path: String, lastUse: Int64) throws {
    let latest = try Int64.fetchOne(self, sql: "SELECT max(used) FROM inspections") ?? 0
    guard lastUse < latest else { return }
    try run("UPDATE inspections SET used = ? WHERE path = ?", [latest + 1, path.stored])
  }
}

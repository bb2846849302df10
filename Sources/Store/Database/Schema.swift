import GRDB

/// The tables, and how older ones become these.
///
/// Whatever is asked for by value has a column of its own; what is only shown again is JSON.
enum Schema {
  /// Of the newest migration, as SQLite keeps it (`user_version`): a database of a later blechd is not touched.
  static let version = 1

  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1") { try first($0) }
    return migrator
  }

  private static func first(_ db: Database) throws {
    try db.execute(
      sql: """
        CREATE TABLE roots (path TEXT PRIMARY KEY NOT NULL, first_watched_at INTEGER NOT NULL) STRICT;

        CREATE TABLE settings (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT;

        CREATE TABLE sessions (
          path TEXT PRIMARY KEY NOT NULL,
          phase TEXT NOT NULL,
          arrived_at INTEGER NOT NULL,
          first_at INTEGER,
          request TEXT
        ) STRICT;

        CREATE TABLE jobs (
          path TEXT NOT NULL REFERENCES sessions (path) ON DELETE CASCADE,
          region TEXT NOT NULL,
          taste INTEGER NOT NULL,
          fingerprint TEXT NOT NULL,
          state TEXT NOT NULL,
          attempts INTEGER NOT NULL,
          breaches INTEGER NOT NULL,
          PRIMARY KEY (path, region, taste)
        ) STRICT;

        CREATE TABLE attempts (
          id INTEGER PRIMARY KEY NOT NULL,
          path TEXT NOT NULL,
          work TEXT NOT NULL,
          region TEXT,
          taste INTEGER,
          fingerprint TEXT,
          number INTEGER NOT NULL,
          executor TEXT NOT NULL,
          handle TEXT,
          began_at INTEGER NOT NULL,
          ended_at INTEGER,
          reason TEXT,
          failure TEXT,
          origin TEXT,
          training_loss REAL,
          validation_loss REAL,
          best_step INTEGER,
          steps INTEGER,
          warnings TEXT,
          cpu_seconds REAL,
          peak_memory_bytes INTEGER
        ) STRICT;
        CREATE INDEX attempts_by_path ON attempts (path, id);
        CREATE INDEX open_attempts ON attempts (id) WHERE ended_at IS NULL;

        CREATE TABLE logs (
          attempt INTEGER PRIMARY KEY NOT NULL REFERENCES attempts (id) ON DELETE CASCADE,
          text TEXT NOT NULL
        ) STRICT;

        CREATE TABLE inspections (
          path TEXT PRIMARY KEY NOT NULL,
          key TEXT NOT NULL,
          stamps TEXT NOT NULL,
          inspection TEXT NOT NULL,
          used INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX inspections_by_use ON inspections (used);
        """)
    try db.execute(sql: "PRAGMA user_version = \(version)")
  }
}

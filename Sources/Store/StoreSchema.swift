import GRDB
import Vocabulary

/// The tables. A migration that was released is never changed: what is new is another one.
enum StoreSchema {
  static let tables: Set = ["sessions", "jobs", "attempts", "logs", "inspections", "roots", "settings"]

  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1") { database in
      try database.execute(sql: queue)
      try database.execute(sql: history)
      try database.execute(sql: memory)
    }
    return migrator
  }

  /// A file that says that it was migrated, and lacks what the migrations make.
  static func check(_ database: Database) throws {
    let found = try Set(
      String.fetchAll(database, sql: "SELECT name FROM sqlite_master WHERE type = 'table'"))
    guard tables.isSubset(of: found) else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "it lacks tables")
    }
  }

  /// Times are seconds since 1970. `failure`, `summary` and `warnings` are JSON.
  private static let queue = """
    CREATE TABLE sessions (
      path TEXT NOT NULL PRIMARY KEY,
      phase TEXT NOT NULL,
      arrived_at INTEGER NOT NULL,
      first_at INTEGER,
      request TEXT,
      is_retraining INTEGER NOT NULL
    );
    CREATE INDEX sessions_by_phase ON sessions (phase);
    CREATE TABLE jobs (
      path TEXT NOT NULL REFERENCES sessions (path) ON DELETE CASCADE,
      region TEXT NOT NULL,
      taste INTEGER NOT NULL,
      fingerprint TEXT NOT NULL,
      state TEXT NOT NULL,
      due_at INTEGER,
      failure TEXT,
      summary TEXT,
      attempts INTEGER NOT NULL,
      breaches INTEGER NOT NULL,
      PRIMARY KEY (path, region, taste)
    );
    CREATE TABLE settings (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);
    """

  /// An attempt outlives its session. AUTOINCREMENT remembers the highest number after its row has gone.
  private static let history = """
    CREATE TABLE attempts (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
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
      units INTEGER,
      trials INTEGER,
      steps INTEGER,
      best_step INTEGER,
      training_loss REAL,
      validation_loss REAL,
      bits_per_spike REAL,
      psth_bits_per_spike REAL,
      seconds REAL,
      warnings TEXT,
      cpu_seconds REAL,
      peak_memory_bytes INTEGER
    );
    CREATE INDEX attempts_by_path ON attempts (path, id);
    CREATE INDEX attempts_by_beginning ON attempts (began_at);
    CREATE INDEX open_attempts ON attempts (id) WHERE ended_at IS NULL;
    CREATE TABLE logs (
      attempt INTEGER PRIMARY KEY REFERENCES attempts (id) ON DELETE CASCADE,
      text BLOB NOT NULL
    );
    """

  /// `used` counts up with every use; `document` is JSON.
  private static let memory = """
    CREATE TABLE inspections (
      path TEXT NOT NULL PRIMARY KEY,
      key TEXT NOT NULL,
      used INTEGER NOT NULL,
      document BLOB NOT NULL
    );
    CREATE INDEX inspections_by_use ON inspections (used);
    CREATE TABLE roots (path TEXT NOT NULL PRIMARY KEY, first_watched INTEGER NOT NULL);
    """
}

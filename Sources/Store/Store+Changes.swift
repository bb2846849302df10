import FoundationEssentials
import GRDB
import Vocabulary

extension Store {
  /// Writes the changes down in their order: all of them, or none.
  ///
  /// - Throws: `Failure` where it cannot be written, or a change does not fit: a job of a session that is not there.
  public func apply(_ changes: [StoreChange]) async throws(Failure) {
    do throws(StoreProblem) { try await write(changes) } catch { throw error.failure }
  }

  /// - Parameter replacing: the sessions and jobs that are there are forgotten first.
  func write(_ changes: [StoreChange], replacing: Bool = false) async throws(StoreProblem) {
    guard !changes.isEmpty || replacing else { return }
    let bounds = bounds
    try await writing { database in
      if replacing { try database.execute(sql: "DELETE FROM sessions") }
      for change in changes { try change.write(to: database, logBytes: bounds.logBytes) }
      try database.trimLogs(to: bounds.logs)
    }
  }
}

extension StoreChange {
  fileprivate func write(to database: Database, logBytes: Int) throws {
    switch self {
    case .session(let record): try record.write(to: database)
    case .job(let record): try record.write(to: database)
    case .attemptBegan(let record): try record.write(to: database)
    case .attemptEnded(let end): try end.write(to: database, logBytes: logBytes)
    case .forgetSession(let path):
      try database.run("DELETE FROM sessions WHERE path = ?", [path.stored])
    case .forgetJob(let path, let job):
      try database.run(
        "DELETE FROM jobs WHERE path = ? AND region = ? AND taste = ?",
        [path.stored, job.region.stored, job.taste.number])
    case .paused(let isPaused):
      try database.run(
        "INSERT INTO settings (name, value) VALUES ('paused', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
        [isPaused ? "true" : "false"])
    }
  }
}

extension SessionRecord {
  fileprivate func write(to database: Database) throws {
    try database.run(
      """
      INSERT INTO sessions (path, phase, arrived_at, first_at, request, is_retraining) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET phase = excluded.phase, arrived_at = excluded.arrived_at,
        first_at = excluded.first_at, request = excluded.request, is_retraining = excluded.is_retraining
      """, [path.stored, phase.rawValue, arrivedAt, firstAt, request?.rawValue, isRetraining])
  }
}

extension JobRecord {
  fileprivate func write(to database: Database) throws {
    let (word, dueAt, failure, summary) = state.columns
    try database.run(
      """
      INSERT INTO jobs (path, region, taste, fingerprint, state, due_at, failure, summary, attempts, breaches)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET fingerprint = excluded.fingerprint, state = excluded.state,
        due_at = excluded.due_at, failure = excluded.failure, summary = excluded.summary,
        attempts = excluded.attempts, breaches = excluded.breaches
      """,
      [
        path.stored, job.region.stored, job.taste.number, fingerprint, word.rawValue, dueAt,
        try StoredJSON.text(failure), try StoredJSON.text(summary), attempts, breaches,
      ])
  }
}

extension AttemptRecord {
  /// What is known of its end stays.
  fileprivate func write(to database: Database) throws {
    let (job, fingerprint): (JobIdentity?, String?) =
      switch work {
      case .inference(let job, let fingerprint): (job, fingerprint)
      case .commit: (nil, nil)
      }
    try database.run(
      """
      INSERT INTO attempts (id, path, work, region, taste, fingerprint, number, executor, handle, began_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET path = excluded.path, work = excluded.work, region = excluded.region,
        taste = excluded.taste, fingerprint = excluded.fingerprint, number = excluded.number,
        executor = excluded.executor, handle = excluded.handle, began_at = excluded.began_at
      """,
      [
        id, path.stored, job == nil ? "commit" : "inference", job?.region.stored, job?.taste.number,
        fingerprint, number, executor.stored, handle?.stored, beganAt,
      ])
  }
}

extension AttemptEnd {
  /// The end of an attempt of which there is no row says nothing, and is left out.
  fileprivate func write(to database: Database, logBytes: Int) throws {
    try database.run(
      """
      UPDATE attempts SET ended_at = ?, reason = ?, failure = ?, origin = ?, units = ?, trials = ?, steps = ?,
        best_step = ?, training_loss = ?, validation_loss = ?, bits_per_spike = ?, psth_bits_per_spike = ?,
        seconds = ?, warnings = ?, cpu_seconds = ?, peak_memory_bytes = ? WHERE id = ?
      """,
      [
        endedAt, reason.rawValue, try StoredJSON.text(failure), summary?.origin.rawValue, summary?.units,
        summary?.trials, summary?.steps, summary?.bestStep, summary?.trainingLoss, summary?.validationLoss,
        summary?.bitsPerSpike, summary?.psthBitsPerSpike, summary?.seconds,
        try StoredJSON.text(summary?.warnings), use.cpuSeconds, use.peakMemoryBytes, id,
      ])
    guard database.changesCount > 0, !log.isEmpty else { return }
    try database.run(
      "INSERT INTO logs (attempt, text) VALUES (?, ?) ON CONFLICT DO UPDATE SET text = excluded.text",
      [id, Data(log.lastBytes(logBytes).utf8)])
  }
}

extension String {
  /// The end of the text, in whole characters.
  func lastBytes(_ count: Int) -> Substring {
    guard utf8.count > count else { return self[...] }
    var start = utf8.index(endIndex, offsetBy: -count)
    // Between the bytes of a scalar no index of scalars lies.
    while start.samePosition(in: unicodeScalars) == nil { utf8.formIndex(after: &start) }
    return self[start...]
  }
}

extension Database {
  /// Prepared once for all the rows of a change.
  func run(_ sql: String, _ arguments: [(any DatabaseValueConvertible)?]) throws {
    try cachedStatement(sql: sql).execute(arguments: StatementArguments(arguments))
  }

  fileprivate func trimLogs(to count: Int) throws {
    try run(
      """
      DELETE FROM logs WHERE attempt <= (SELECT attempt FROM logs ORDER BY attempt DESC LIMIT 1 OFFSET ?)
      """, [count])
  }
}

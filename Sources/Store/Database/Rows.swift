import FoundationEssentials
import GRDB
import Vocabulary

// How records become rows, and rows records.

extension Encodable {
  /// As JSON, keys in their order so that equal values are equal texts.
  var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }
}

extension Decodable {
  init(json: String) throws {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    self = try decoder.decode(Self.self, from: Data(json.utf8))
  }
}

extension JobIdentity {
  init?(_ row: Row) {
    guard let region: String = row["region"], let taste: Int64 = row["taste"] else { return nil }
    self.init(region: region, taste: taste < 0 ? .all : .index(Int(taste)))
  }
}

extension SessionRecord {
  init?(_ row: Row) {
    guard let phase = Phase(rawValue: row["phase"]) else { return nil }
    self.init(
      path: row["path"], phase: phase, arrivedAt: row["arrived_at"], firstAt: row["first_at"],
      request: (row["request"] as String?).flatMap { SessionRequest(rawValue: $0) })
  }

  func write(_ db: Database) throws {
    try db.execute(
      sql: """
        INSERT INTO sessions (path, phase, arrived_at, first_at, request) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (path) DO UPDATE SET phase = excluded.phase, arrived_at = excluded.arrived_at,
          first_at = excluded.first_at, request = excluded.request
        """,
      arguments: [path, phase.rawValue, arrivedAt, firstAt, request?.rawValue])
  }
}

extension JobRecord {
  init?(_ row: Row) {
    guard let job = JobIdentity(row), let state = try? State(json: row["state"]) else { return nil }
    self.init(
      path: row["path"], job: job, fingerprint: row["fingerprint"], state: state, attempts: row["attempts"],
      breaches: row["breaches"])
  }

  func write(_ db: Database) throws {
    try db.execute(
      sql: """
        INSERT INTO jobs (path, region, taste, fingerprint, state, attempts, breaches) VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (path, region, taste) DO UPDATE SET fingerprint = excluded.fingerprint,
          state = excluded.state, attempts = excluded.attempts, breaches = excluded.breaches
        """,
      arguments: [path, job.region, job.taste.number, fingerprint, try state.json, attempts, breaches])
  }
}

extension AttemptRecord {
  init?(_ row: Row) {
    let work: Work
    switch row["work"] as String {
    case "commit": work = .commit
    default:
      guard let job = JobIdentity(row) else { return nil }
      work = .inference(job, fingerprint: row["fingerprint"] ?? "")
    }
    self.init(
      id: row["id"], path: row["path"], work: work, number: row["number"], executor: row["executor"],
      handle: row["handle"], beganAt: row["began_at"])
  }

  func write(_ db: Database) throws {
    var (job, fingerprint): (JobIdentity?, String?) = (nil, nil)
    if case .inference(let identity, let print) = work { (job, fingerprint) = (identity, print) }
    try db.execute(
      sql: """
        INSERT INTO attempts (id, path, work, region, taste, fingerprint, number, executor, handle, began_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET handle = excluded.handle
        """,
      arguments: [
        id, path, job == nil ? "commit" : "inference", job?.region, job?.taste.number, fingerprint, number,
        executor,
        handle, beganAt,
      ])
  }
}

extension AttemptEnd {
  /// Enough to tell what went wrong, in bytes.
  static let longestLog = 64 << 10

  func write(_ db: Database) throws {
    try db.execute(
      sql: """
        UPDATE attempts SET ended_at = ?, reason = ?, failure = ?, origin = ?, training_loss = ?,
          validation_loss = ?, best_step = ?, steps = ?, warnings = ?, cpu_seconds = ?, peak_memory_bytes = ?
        WHERE id = ?
        """,
      arguments: [
        endedAt, reason.rawValue, try failure?.json, summary?.origin.rawValue, summary?.trainingLoss,
        summary?.validationLoss, summary?.bestStep, summary?.steps, try summary?.warnings.json,
        use.cpuSeconds,
        use.peakMemoryBytes, id,
      ])
    guard !log.isEmpty, db.changesCount > 0 else { return }
    let tail =
      log.utf8.count <= Self.longestLog
      ? log : String(decoding: log.utf8.suffix(Self.longestLog), as: UTF8.self)
    try db.execute(sql: "INSERT OR REPLACE INTO logs (attempt, text) VALUES (?, ?)", arguments: [id, tail])
    try db.execute(
      sql:
        "DELETE FROM logs WHERE attempt <= (SELECT attempt FROM logs ORDER BY attempt DESC LIMIT 1 OFFSET ?)",
      arguments: [Store.mostLogs])
  }
}

extension AttemptRow {
  init?(_ row: Row) {
    guard let record = AttemptRecord(row) else { return nil }
    began = record
    endedAt = row["ended_at"]
    reason = (row["reason"] as String?).flatMap { ExitReason(rawValue: $0) }
    failure = (row["failure"] as String?).flatMap { try? Failure(json: $0) }
    origin = (row["origin"] as String?).flatMap { JobSummary.Origin(rawValue: $0) }
    trainingLoss = row["training_loss"]
    validationLoss = row["validation_loss"]
    bestStep = row["best_step"]
    steps = row["steps"]
    warnings = (row["warnings"] as String?).flatMap { try? [String](json: $0) } ?? []
    use = ResourceUse(cpuSeconds: row["cpu_seconds"], peakMemoryBytes: row["peak_memory_bytes"])
  }
}

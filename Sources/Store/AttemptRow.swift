import GRDB
import Vocabulary

/// One attempt of the history.
public struct AttemptRow: Equatable, Sendable {
  public var attempt: AttemptRecord
  /// Nil while it runs. Without its log, which `Store.log(of:)` gives.
  public var end: AttemptEnd?

  public init(attempt: AttemptRecord, end: AttemptEnd? = nil) {
    self.attempt = attempt
    self.end = end
  }

  init(_ row: Row) throws {
    self.init(attempt: try AttemptRecord(row), end: try AttemptEnd(row))
  }
}

extension AttemptRecord {
  init(_ row: Row) throws {
    let work: Work =
      switch try row.required("work") as String {
      case "inference": .inference(try JobIdentity(row), fingerprint: try row.required("fingerprint"))
      case "commit": .commit
      default: throw UnreadableRow()
      }
    self.init(
      id: try row.required("id"), path: try row.required("path"), work: work,
      number: try row.required("number"), executor: try row.required("executor"),
      handle: try row.optional("handle"), beganAt: try row.required("began_at"))
  }
}

extension AttemptEnd {
  /// Nil of an attempt without an end.
  fileprivate init?(_ row: Row) throws {
    guard let endedAt: Int64 = try row.optional("ended_at") else { return nil }
    self.init(
      id: try row.required("id"), endedAt: endedAt, reason: try row.word("reason"),
      failure: try row.document("failure"), summary: try JobSummary(row),
      use: ResourceUse(
        cpuSeconds: try row.optional("cpu_seconds"), peakMemoryBytes: try row.optional("peak_memory_bytes")))
  }
}

extension JobSummary {
  /// Nil where there was no result. What is no number came back as nothing.
  fileprivate init?(_ row: Row) throws {
    guard let origin: Origin = try row.optionalWord("origin") else { return nil }
    self.init(
      origin: origin, units: try row.required("units"), trials: try row.required("trials"),
      steps: try row.required("steps"), bestStep: try row.optional("best_step"),
      trainingLoss: try row.optional("training_loss"), validationLoss: try row.optional("validation_loss"),
      bitsPerSpike: try row.optional("bits_per_spike"),
      psthBitsPerSpike: try row.optional("psth_bits_per_spike"), seconds: try row.optional("seconds") ?? 0,
      warnings: try row.document("warnings") ?? [])
  }
}

import GRDB
import Vocabulary

extension JobRecord.State {
  /// The words of the column `state`.
  enum Word: String {
    case queued, running, retrying, inferred, failed, cancelled
  }

  /// The state as a row of `jobs` holds it.
  var columns: (word: Word, dueAt: Int64?, failure: Failure?, summary: JobSummary?) {
    switch self {
    case .queued: (.queued, nil, nil, nil)
    case .running: (.running, nil, nil, nil)
    case .retrying(let dueAt, let failure): (.retrying, dueAt, failure, nil)
    case .inferred(let summary): (.inferred, nil, nil, summary)
    case .failed(let failure): (.failed, nil, failure, nil)
    case .cancelled: (.cancelled, nil, nil, nil)
    }
  }

  init(_ row: Row) throws {
    let (failure, summary): (Failure?, JobSummary?) = (
      try row.document("failure"), try row.document("summary")
    )
    let dueAt: Int64? = try row.optional("due_at")
    switch (try row.word("state") as Word, dueAt, failure, summary) {
    case (.queued, _, _, _): self = .queued
    case (.running, _, _, _): self = .running
    case (.retrying, let dueAt?, let failure?, _): self = .retrying(dueAt: dueAt, failure)
    case (.inferred, _, _, let summary?): self = .inferred(summary)
    case (.failed, _, let failure?, _): self = .failed(failure)
    case (.cancelled, _, _, _): self = .cancelled
    default: throw UnreadableRow()
    }
  }
}

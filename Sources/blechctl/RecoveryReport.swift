import Reporting
import Terminal
import Vocabulary

/// What `recover` says at its end.
struct RecoveryReport {
  private var files: [RecoverySummary] = []
  private var nothing: [String] = []
  private var failures: [Failure] = []
  private var taken: Set<String> = []

  /// - Parameter path: what was asked for. What is said of a file again takes the place of what was said before.
  mutating func add(_ result: Result<[RecoverySummary], Failure>, at path: String) {
    switch result {
    case .failure(let failure): failures.append(failure)
    case .success(let found):
      if found.isEmpty {
        files.removeAll { $0.path == path }
        nothing.append(path)
      }
      for file in found {
        files.removeAll { $0.path == file.path }
        files.append(file)
      }
    }
  }

  /// Files whose journal does not fit: trying again later would not help.
  var refused: [String] {
    files.filter { if case .refused(_, mayBeDiscarded: true) = $0.outcome { true } else { false } }.map(
      \.path)
  }

  var exitCode: ExitCode {
    let failures = failures + files.compactMap(\.refusal)
    return .combining(failures, hasSuccess: !nothing.isEmpty || files.contains { $0.refusal == nil })
  }

  // MARK: For people

  var text: String {
    (files.compactMap(Self.line) + nothing.map { "\($0): no interrupted commit" })
      .map { $0.escapingControls + "\n" }.joined()
  }

  /// Those that have not been taken before.
  mutating func takeErrors() -> [String] {
    let errors = (failures + files.compactMap(\.refusal)).map { "blechctl: \($0)" }.filter {
      !taken.contains($0)
    }
    taken.formUnion(errors)
    return errors
  }

  private static func line(_ file: RecoverySummary) -> String? {
    switch file.outcome {
    case .rolledBack(let pages, let length):
      "\(file.path): has its old content back, \(length) bytes (\(pages) pages of 4 KiB were written); run blechctl infer "
        + "again for the results"
    case .removedUnfinishedJournal:
      "\(file.path): was not touched yet when its commit was interrupted; the journal is removed"
    case .setAside(let journal): "\(file.path): kept as it is; its journal is now \(journal)"
    case .refused: nil
    }
  }

  // MARK: For programs

  func json() throws -> String { try JSONDocument.text(RecoverDocument(self)) }

  fileprivate struct RecoverDocument: Encodable {
    struct File: Encodable {
      let path: String
      /// nothing_to_do, rolled_back, unfinished_journal_removed, journal_set_aside or refused.
      let state: String
      var bytes: Int64?
      var journal: String?
      var error: Failure?
    }

    let version = 1
    let exitCode: Int32
    let files: [File]
    /// What could not be looked at.
    let errors: [Failure]

    init(_ report: RecoveryReport) {
      exitCode = report.exitCode.rawValue
      files = report.files.map(Self.file) + report.nothing.map { File(path: $0, state: "nothing_to_do") }
      errors = report.failures
    }

    private static func file(_ summary: RecoverySummary) -> File {
      switch summary.outcome {
      case .rolledBack(_, let length): File(path: summary.path, state: "rolled_back", bytes: length)
      case .removedUnfinishedJournal: File(path: summary.path, state: "unfinished_journal_removed")
      case .setAside(let journal): File(path: summary.path, state: "journal_set_aside", journal: journal)
      case .refused(let failure, _): File(path: summary.path, state: "refused", error: failure)
      }
    }
  }
}

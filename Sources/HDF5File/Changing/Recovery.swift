import Glibc
import SystemPackage

/// Undoes a change that was interrupted: what a journal beside a file is for. It may itself be interrupted, and
/// is then repeated from its start.
struct Recovery {
  let file: LockedFile

  private var calls: any FileCalls { file.calls }
  private var location: Location { file.location }

  /// - Throws: `H5Error` with `.refused` where the journal does not fit the file; neither was touched.
  func run() throws(H5Error) -> RecoveryOutcome {
    guard let journal = try JournalFile.open(file.place, calls) else { return .nothingToDo }
    defer { journal.close() }
    guard let header = try armedHeader(of: journal) else {
      try location.perform("remove its unfinished journal") { () throws(Errno) in
        try JournalFile.remove(file.place, calls)
      }
      return .removedUnfinishedJournal
    }
    return try undo(journal, header)
  }

  /// Undoes the change of this very process, which knows that nobody else has touched the file.
  func undoOwnChange() throws(H5Error) {
    guard let journal = try JournalFile.open(file.place, calls),
      case .valid(let header) = try journal.header()
    else { throw location.error(.missing, "its journal is gone") }
    defer { journal.close() }
    _ = try undo(journal, header)
  }

  /// The header of a journal that was written to its end, or nil for one that was not: then the file was not
  /// touched either.
  private func armedHeader(of journal: JournalFile) throws(H5Error) -> JournalHeader? {
    try checkOwner(of: journal)
    switch try journal.header() {
    case .damaged: return nil
    case .otherVersion(let version): throw location.refusal(.otherVersion(version))
    case .valid(let header):
      let status = try file.currentStatus()
      var foreign: Int64?
      let isComplete = try journal.forEachRecord(header) { (record) throws(H5Error) in
        if foreign == nil, !record.accounts(for: try page(record.page), oldLength: header.oldLength) {
          foreign = Pages.offset(of: record.page)
        }
      }
      guard isComplete else { return nil }
      guard header.inode == status.inode else { throw location.refusal(.otherFile) }
      guard (header.oldLength...max(header.oldLength, header.newLength)).contains(status.length) else {
        throw location.refusal(
          .otherLength(found: status.length, old: header.oldLength, new: header.newLength))
      }
      if let foreign { throw location.refusal(.changedSince(offset: foreign)) }
      return header
    }
  }

  /// Who may create files in an ordinary directory may also replace the .h5 there. In one like /tmp a journal
  /// would give somebody a say over a file that is not theirs.
  private func checkOwner(of journal: JournalFile) throws(H5Error) {
    let directory = try location.perform("look at its directory") { () throws(Errno) in
      try calls.status(of: file.place.directory)
    }
    let owner = journal.status.owner
    guard !directory.isSticky || owner == file.status.owner || owner == 0 || owner == geteuid() else {
      throw location.refusal(.ownerNotTrusted(owner))
    }
  }

  /// A page as the file has it now; zeros past the end.
  private func page(_ page: Int64) throws(H5Error) -> [UInt8] {
    let bytes = try location.perform("read it") { () throws(Errno) in
      try calls.readAll(file.descriptor, at: Pages.offset(of: page), count: Pages.size)
    }
    return bytes + [UInt8](repeating: 0, count: Pages.size - bytes.count)
  }

  /// Writes every old page, whether it seems to need it or not: after a failed fsync, memory may show the new
  /// bytes as written that the disk does not have.
  private func undo(_ journal: JournalFile, _ header: JournalHeader) throws(H5Error) -> RecoveryOutcome {
    let isComplete = try journal.forEachRecord(header) { (record) throws(H5Error) in
      let count = Pages.bytes(of: record.page, below: header.oldLength)
      try location.perform("write its old content back") { () throws(Errno) in
        try calls.writeAll(file.descriptor, at: Pages.offset(of: record.page), record.old[..<count])
      }
    }
    guard isComplete else { throw location.error(.missing, "its journal cannot be read any more") }
    try location.perform("cut it to its old length") { () throws(Errno) in
      try calls.truncate(file.descriptor, to: header.oldLength)
    }
    do throws(Errno) {
      try calls.synchronise(file.descriptor)
      try JournalFile.remove(file.place, calls)
    } catch {
      throw location.systemError(error, "put its old content on the disk")
    }
    return .rolledBack(pages: header.recordCount, length: header.oldLength)
  }
}

/// What a recovery found and did.
public enum RecoveryOutcome: Equatable, Sendable {
  /// There was no journal.
  case nothingToDo
  /// The journal was never finished, so the file was never touched; the journal is gone.
  case removedUnfinishedJournal
  /// The file is what it was before the interrupted change: `pages` of 4 KiB were written back, and its length is
  /// `length` bytes again.
  case rolledBack(pages: Int, length: Int64)
}

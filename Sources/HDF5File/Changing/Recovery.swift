import Glibc
import SystemPackage

/// Undoes a change that was interrupted: what a journal beside a file is for. It may itself be interrupted, and
/// is then repeated from its start.
struct Recovery {
  let file: LockedFile

  private var calls: any FileCalls { file.calls }
  private var location: Location { file.location }

  /// - Throws: `H5Error` with `.refused` where the journal does not fit the file, with `.busy` where a program that takes
  ///   no lock has it open; neither was touched.
  func run() throws -> RecoveryOutcome {
    guard let journal = try JournalFile.open(file.place, calls) else { return .nothingToDo }
    defer { journal.close() }
    return try file.keepingOthersOut {
      guard let header = try armedHeader(of: journal) else {
        try location.performOnce("remove its unfinished journal") { () throws(Errno) in
          try JournalFile.remove(file.place, calls)
        }
        return .removedUnfinishedJournal
      }
      try restore(journal, header)
      try location.performOnce("remove its journal, though it has its old content back") { () throws(Errno) in
        try JournalFile.remove(file.place, calls)
      }
      return .rolledBack(pages: header.recordCount, length: header.oldLength)
    }
  }

  /// What a journal's records say of the file.
  private struct Findings {
    var isComplete = true
    /// Whether every page is the old one; the file has none that is new.
    var isOld = true
    /// The offset of a page that is neither.
    var foreign: Int64?
  }

  /// The header of a journal that was written to its end, or nil for one that was not: then the file was not
  /// touched either.
  private func armedHeader(of journal: JournalFile) throws(H5Error) -> JournalHeader? {
    let status = try file.currentStatus()
    try checkOwner(of: journal, status)
    switch try journal.header() {
    case .damaged: return nil
    case .otherVersion(let version): throw location.refusal(.otherVersion(version))
    case .valid(let header):
      let findings = try compare(journal, header)
      guard findings.isComplete else {
        // As far as the journal can tell, no byte of the file was touched.
        guard findings.isOld, status.length == header.oldLength else { throw location.refusal(.damaged) }
        return nil
      }
      if let refusal = refusal(header, status, findings) { throw location.refusal(refusal) }
      return header
    }
  }

  private func compare(_ journal: JournalFile, _ header: JournalHeader) throws(H5Error) -> Findings {
    var findings = Findings()
    findings.isComplete = try journal.forEachRecord(header) { (record) throws(H5Error) in
      let current = try page(record.page)
      if record.isOld(current, oldLength: header.oldLength) { return }
      findings.isOld = false
      if findings.foreign == nil, !record.accounts(for: current, oldLength: header.oldLength) {
        findings.foreign = Pages.offset(of: record.page)
      }
    }
    return findings
  }

  private func refusal(
    _ header: JournalHeader, _ status: FileStatus, _ findings: Findings
  ) -> JournalRefusal? {
    let lengths = header.oldLength...max(header.oldLength, header.newLength)
    let fits = lengths.contains(status.length) && findings.foreign == nil
    if header.inode != status.inode {
      return fits && !(findings.isOld && status.length == header.oldLength) ? .tornCopy : .otherFile
    }
    if !lengths.contains(status.length) {
      return .otherLength(found: status.length, old: header.oldLength, new: header.newLength)
    }
    return findings.foreign.map { .changedSince(offset: $0) }
  }

  /// Who may create files in an ordinary directory may also replace the .h5 there. In one like /tmp, or with a hard link to
  /// somebody's file, a journal would give a stranger a say over what is not theirs.
  private func checkOwner(of journal: JournalFile, _ status: FileStatus) throws(H5Error) {
    let directory = try location.perform("look at its directory") { () throws(Errno) in
      try calls.status(of: file.place.directory)
    }
    let owner = journal.status.owner
    let isTrusted = owner == status.owner || owner == 0 || owner == geteuid()
    guard isTrusted || !(directory.isSticky || status.links > 1) else {
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

  /// Gives the file the content that an armed journal has, on the disk as well.
  ///
  /// Cutting the file off comes first: where even overwriting takes room, that room is free then. Every old page is
  /// written, whether it seems to need it or not: after a failed fsync, memory may show bytes as written that the disk does
  /// not have.
  func restore(_ journal: JournalFile, _ header: JournalHeader) throws(H5Error) {
    try location.perform("cut it to its old length") { () throws(Errno) in
      try calls.truncate(file.descriptor, to: header.oldLength)
    }
    let isComplete = try journal.forEachRecord(header) { (record) throws(H5Error) in
      let count = Pages.bytes(of: record.page, below: header.oldLength)
      try location.perform("write its old content back") { () throws(Errno) in
        try calls.writeAll(file.descriptor, at: Pages.offset(of: record.page), record.old[..<count])
      }
    }
    guard isComplete else { throw location.systemError(.ioError, "read its journal to the end") }
    try location.performOnce("put its old content on the disk") { () throws(Errno) in
      try calls.synchronise(file.descriptor)
    }
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

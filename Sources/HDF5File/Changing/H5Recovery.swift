import SystemPackage

/// Recovery on its own, as a person or a starting daemon asks for it.
public enum H5Recovery {
  /// Undoes what an interrupted change has left of a file, if there is a journal beside it.
  ///
  /// - Throws: `H5Error` with `.busy` where another program has the file open, as does a change that is under way;
  ///   with `.refused` where the journal does not fit the file; with `.missing` where there is no file.
  public static func recover(_ place: H5Place) throws -> RecoveryOutcome {
    try recover(place, calls: SystemCalls())
  }

  package static func recover(_ place: H5Place, calls: any FileCalls) throws -> RecoveryOutcome {
    try LockedFile.locking(place, calls: calls) { try Recovery(file: $0).run() }
  }

  /// The inode of the file that a journal was made for, or nil where there is none or it was never finished: by it, a
  /// file is found that has got another name since.
  public static func journaledInode(_ place: H5Place) throws -> UInt64? {
    guard let journal = try JournalFile.open(place, SystemCalls()) else { return nil }
    defer { journal.close() }
    guard case .valid(let header) = try journal.header() else { return nil }
    return header.inode
  }

  /// Gives a journal that recovery refuses a name under which nobody looks for it: a person's last resort. It is
  /// kept, as what it holds may still be wanted.
  ///
  /// - Returns: its new name.
  /// - Throws: `H5Error` with `.busy` where another program has the file open.
  public static func setJournalAside(_ place: H5Place) throws -> String {
    let calls = SystemCalls()
    do {
      return try LockedFile.locking(place, calls: calls) { _ in try setAside(place, calls) }
    } catch let error as H5Error where error.code == .missing {
      // A journal without its file has nobody to be locked against.
      return try setAside(place, calls)
    }
  }

  private static func setAside(_ place: H5Place, _ calls: any FileCalls) throws(H5Error) -> String {
    let location = place.location
    let suffix = ".discarded-\(String(calls.randomNumber() & 0xFFFF_FFFF, radix: 16))"
    let stem = place.journalName.utf8.prefix(Journal.longestName - suffix.utf8.count)
    let name = String(decoding: stem, as: UTF8.self) + suffix
    try location.perform("set its journal aside") { () throws(Errno) in
      try calls.rename(place.journalName, to: name, in: place.directory)
    }
    try location.performOnce("set its journal aside") { () throws(Errno) in
      try calls.synchronise(place.directory)
    }
    return name
  }
}

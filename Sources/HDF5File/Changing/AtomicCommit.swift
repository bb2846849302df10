import SystemPackage

/// What a change cost.
public struct CommitReceipt: Equatable, Sendable {
  /// Bytes below the file's old end that were overwritten, in whole pages, and bytes behind it that were added.
  public var overwritten: Int
  public var added: Int64
  /// How long the file was between its two states, and a crash would have left work for `recover`.
  public var exposed: Duration

  public static let nothing = CommitReceipt(overwritten: 0, added: 0, exposed: .zero)
}

/// Puts what an overlay holds into its file, all of it or nothing, whatever stops the process or the machine
/// meanwhile. `docs/safety.md` has the protocol, step by step, and what it rests on.
struct AtomicCommit {
  let file: LockedFile
  let overlay: Overlay
  /// The file as the overlay was laid over it.
  let before: FileStatus

  private var calls: any FileCalls { file.calls }
  private var location: Location { file.location }

  /// Largest single write, in pages.
  private static let longestRun = 256

  /// - Parameter verify: looks at the file as it is now, while it can still be undone.
  /// - Throws: `H5Error`, or what `verify` throws; the file has its old content then, unless the error says else.
  func run(verifying verify: () throws -> Void) throws -> CommitReceipt {
    let pages = try location.perform("read it") { () throws(Errno) in try overlay.changedPages() }
    guard !pages.isEmpty || overlay.length > overlay.oldLength else { return .nothing }
    let overwritten = pages.filter { Pages.offset(of: $0) < overlay.oldLength }
    try checkFileSizeLimit(records: overwritten.count)
    // The old content is on the disk before the journal that builds on it: others may have written it a moment ago, and a
    // lot. Nobody waits for that.
    try synchronise()
    return try file.keepingOthersOut {
      try checkUntouched()
      let header = header(recordCount: overwritten.count)
      let journal = try arm(header, overwritten)
      defer { journal.close() }
      let start = ContinuousClock.now
      do {
        try grow(pages)
        try overwrite(pages)
        try verify()
        try file.checkStillThere()
        try location.performOnce("remove its journal") { () throws(Errno) in
          try JournalFile.removeName(file.place, calls)
        }
      } catch {
        throw undoing(journal, header, after: error)
      }
      try confirm()
      return CommitReceipt(
        overwritten: overwritten.count * Pages.size, added: overlay.length - overlay.oldLength,
        exposed: ContinuousClock.now - start)
    }
  }

  /// The kernel would end the process in the middle of a write.
  private func checkFileSizeLimit(records: Int) throws(H5Error) {
    guard max(overlay.length, JournalFile.length(ofRecords: records)) <= calls.largestFile else {
      throw location.systemError(.fileTooLarge, "write to it")
    }
  }

  /// A program that takes no lock may have written since, or put another file in this one's place.
  private func checkUntouched() throws(H5Error) {
    try file.checkStillThere()
    let now = try file.currentStatus()
    guard now.length == before.length, now.modified == before.modified else {
      throw location.error(.busy, "was changed by another program meanwhile; try again")
    }
  }

  private func header(recordCount: Int) -> JournalHeader {
    JournalHeader(
      oldLength: overlay.oldLength, newLength: overlay.length, device: before.device, inode: before.inode,
      salt: calls.randomNumber(), recordCount: recordCount)
  }

  private func arm(_ header: JournalHeader, _ pages: [Int64]) throws(H5Error) -> JournalFile {
    try JournalFile.arm(for: file, header) { (index) throws(Errno) in
      JournalRecord(
        page: pages[index], old: try overlay.diskPage(pages[index]), new: overlay.newPage(pages[index]),
        oldLength: overlay.oldLength)
    }
  }

  /// First what lies behind the old end: a full disk shows here, before any old byte is gone. (Where overwriting takes room
  /// as well, the journal keeps the old bytes until there is some.)
  private func grow(_ pages: [Int64]) throws(H5Error) {
    guard overlay.length > overlay.oldLength else { return }
    try write(pages, in: overlay.oldLength..<overlay.length)
    try location.perform("make it longer") { () throws(Errno) in
      try calls.truncate(file.descriptor, to: overlay.length)
    }
    try synchronise()
  }

  private func overwrite(_ pages: [Int64]) throws(H5Error) {
    try write(pages, in: 0..<overlay.oldLength)
    try synchronise()
  }

  private func synchronise() throws(H5Error) {
    try location.performOnce("put it on the disk") { () throws(Errno) in
      try calls.synchronise(file.descriptor)
    }
  }

  /// Writes what lies of the pages in a range of the file, in runs of pages that follow one another.
  private func write(_ pages: [Int64], in range: Range<Int64>) throws(H5Error) {
    var run: [UInt8] = []
    var start: Int64 = 0
    func flush() throws(H5Error) {
      guard !run.isEmpty else { return }
      try location.perform("write to it") { () throws(Errno) in
        try calls.writeAll(file.descriptor, at: start, run[...])
      }
      run.removeAll(keepingCapacity: true)
    }
    for page in pages {
      let offset = Pages.offset(of: page)
      let part = (offset..<(offset + Int64(Pages.size))).clamped(to: range)
      if part.isEmpty { continue }
      if start + Int64(run.count) != part.lowerBound || run.count >= Self.longestRun * Pages.size {
        try flush()
      }
      if run.isEmpty { start = part.lowerBound }
      run += overlay.newPage(page)[Int(part.lowerBound - offset)..<Int(part.upperBound - offset)]
    }
    try flush()
  }

  /// Rolls back and gives the error to throw: the one that came first, if the file has its old content again and its
  /// journal is gone.
  private func undoing(_ journal: JournalFile, _ header: JournalHeader, after error: any Error) -> any Error {
    let first = (error as? H5Error)?.reason ?? "\(error)"
    do throws(H5Error) {
      try Recovery(file: file).restore(journal, header)
    } catch let second {
      return location.error(
        .unrecovered,
        "\(first); and that could not be undone: \(second.reason). The file is in the middle of a change, and its journal "
          + "\(file.place.journalName) is needed")
    }
    do throws(Errno) {
      try JournalFile.remove(file.place, calls)
      return error
    } catch let second {
      return location.error(
        .unrecovered, "\(first); it has its old content back, but its journal may still be there: \(second)")
    }
  }

  /// The change is on the disk; here the disk learns that it is not to be undone. Where that fails nothing is
  /// rolled back any more: whether the journal that this needs is still there, nobody knows.
  private func confirm() throws(H5Error) {
    let operation =
      "put the end of the change on the disk (the file has its new content; after a power cut it may have its old one)"
    try location.performOnce(operation) { () throws(Errno) in try calls.synchronise(file.place.directory) }
  }
}

import CHDF5
import SystemPackage

/// The one way in which blechd changes an .h5 that exists.
///
/// The file is locked for as long as that takes. What libhdf5 writes goes to memory; when all of it has
/// succeeded, one short commit puts it into the file under a journal, so that whatever happens the file is in the
/// end what it was before or what it was to become.
public struct H5Transaction {
  private let file: LockedFile

  /// Locks a file for a change; what an interrupted change left is undone first.
  ///
  /// - Parameter body: may look at the file before it calls `change`, or not call it at all: then nothing is
  ///   written.
  /// - Throws: `H5Error` with `.busy` where another program has the file open; with `.refused` where a journal lies
  ///   beside it that does not fit; with `.unsupported` where the file has several names.
  public static func locking<Result>(
    _ place: H5Place, _ body: (H5Transaction) throws -> Result
  ) throws -> Result {
    try locking(place, calls: SystemCalls(), body)
  }

  package static func locking<Result>(
    _ place: H5Place, calls: any FileCalls, _ body: (H5Transaction) throws -> Result
  ) throws -> Result {
    try checkName(place)
    return try LockedFile.locking(place, calls: calls) { file in
      _ = try Recovery(file: file).run()
      try checkLinks(place, calls)
      // Better known now than after the work: somebody who takes no lock may have it open.
      try file.keepingOthersOut {}
      return try body(H5Transaction(file: file))
    }
  }

  /// Throws where `locking` would refuse the file whatever others do: known before hours of work.
  public static func checkNames(_ place: H5Place) throws(H5Error) {
    try checkName(place)
    try checkLinks(place, SystemCalls())
  }

  /// Throws where another program has the file open. Unlike `locking` this does not open it for writing, after which all
  /// who watch the file would take it for changed.
  ///
  /// - Throws: `H5Error` with `.busy`.
  public static func checkClosedElsewhere(_ place: H5Place) throws(H5Error) {
    try LockedFile.checkClosedElsewhere(place, SystemCalls())
  }

  /// Under its other names nobody would find the journal; and a hard link is often a backup, which must stay what
  /// it is.
  private static func checkLinks(_ place: H5Place, _ calls: any FileCalls) throws(H5Error) {
    let links = try place.location.perform("look at it") { () throws(Errno) in
      try calls.status(of: place.name, in: place.directory).links
    }
    guard links == 1 else {
      throw place.location.error(
        .unsupported,
        "has \(links) names (hard links), and a change would show under all of them; make it a file of its own "
          + "(cp -a FILE FILE.copy && mv FILE.copy FILE)")
    }
  }

  private static func checkName(_ place: H5Place) throws(H5Error) {
    let surplus = place.journalName.utf8.count - Journal.longestName
    guard surplus <= 0 else {
      throw place.location.error(
        .unsupported, "has a name too long to keep a journal beside it; shorten it by \(surplus) bytes")
    }
  }

  /// Runs `body` on the file's root group and puts what it changed into the file.
  ///
  /// - Parameters:
  ///   - body: the change. It must not keep the group. Its failures are final: where any call of libhdf5's failed,
  ///     nothing is written, whether the error was caught or not.
  ///   - verify: is handed the root group of the file as it has become, opened afresh, while it can still be
  ///     undone.
  /// - Throws: `H5Error`, or what `body` or `verify` throws. The file has its old content then, unless the error says
  ///   otherwise.
  @discardableResult
  public func change(
    _ body: (H5Group) throws -> Void, verifying verify: (H5Group) throws -> Void = { _ in }
  ) throws -> CommitReceipt {
    let before = try file.currentStatus()
    let overlay = file.overlay(before)
    try use(overlay, chdf5_access_read_write, body)
    return try AtomicCommit(file: file, overlay: overlay, before: before).run {
      try use(file.overlay(try file.currentStatus()), chdf5_access_read_only, verify)
    }
  }

  /// Opens the overlay as an HDF5 file, and sees that nothing went wrong with it: libhdf5 can report success for a
  /// close that it puts off, after a failure before, and where a read failed.
  private func use(_ overlay: Overlay, _ access: UInt32, _ body: (H5Group) throws -> Void) throws {
    do {
      let h5 = try OverlayDriver.open(overlay, at: file.location, access: access)
      try body(h5.root)
      try h5.close()
      guard !h5.hasFailed, overlay.openings == 0 else {
        throw file.location.error(
          .library, "libhdf5 could not do all that was asked of it")
      }
    } catch {
      throw cause(in: overlay) ?? error
    }
    if let cause = cause(in: overlay) { throw cause }
  }

  /// What went wrong below libhdf5, whose own errors do not tell.
  private func cause(in overlay: Overlay) -> H5Error? {
    switch overlay.failure {
    case nil: nil
    case .system(let errno): file.location.systemError(errno, "read it")
    case .tooLarge: file.location.error(.unsupported, "the change is larger than 4 GiB")
    }
  }
}

extension LockedFile {
  fileprivate func overlay(_ status: FileStatus) -> Overlay {
    Overlay(over: descriptor, length: status.length, calls: calls)
  }
}

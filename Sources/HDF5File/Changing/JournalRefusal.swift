/// Why a journal is not applied to the file beside it. Both are left as they are.
public enum JournalRefusal: Equatable, Sendable {
  /// A link, a directory or a pipe stands in its place.
  case notAFile
  /// In a directory where anyone may create files, somebody else made it.
  case ownerNotTrusted(UInt32)
  case otherVersion(UInt64)
  /// It was made for a file with another inode.
  case otherFile
  /// The file's length is none that the interrupted change could have left, in bytes.
  case otherLength(found: Int64, old: Int64, new: Int64)
  /// A sector of the file, by its offset in bytes, is neither what it was before the change nor what it was to
  /// become.
  case changedSince(offset: Int64)

  var reason: String {
    switch self {
    case .notAFile: "its journal is not a regular file"
    case .ownerNotTrusted(let owner):
      "its journal was made by another user (id \(owner)) in a directory where anyone may create files"
    case .otherVersion(let version):
      "its journal has version \(version), this blechd knows \(JournalHeader.version); recover it with the version "
        + "of blechd that wrote it"
    case .otherFile:
      "its journal was made for another file: this one was copied or put in that one's place since; if it is a "
        + "whole copy, keep it and discard the journal"
    case .otherLength(let found, let old, let new):
      "another program has changed it since its journal was written: it has \(found) bytes, the interrupted change "
        + "leaves \(old) to \(new)"
    case .changedSince(let offset):
      "another program has changed it since its journal was written, at byte \(offset)"
    }
  }
}

extension Location {
  func refusal(_ refusal: JournalRefusal) -> H5Error { error(.refused(refusal), refusal.reason) }
}

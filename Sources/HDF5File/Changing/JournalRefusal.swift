/// Why a journal is not applied to the file beside it. Both are left as they are.
public enum JournalRefusal: Equatable, Sendable {
  /// A link, a directory or a pipe stands in its place.
  case notAFile
  /// Where that may give them a say over a file that is not theirs, somebody else made it.
  case ownerNotTrusted(UInt32)
  case otherVersion(UInt64)
  /// It was made for a file with another inode.
  case otherFile
  /// The same, and yet the file is in the middle of the very change that the journal undoes.
  case tornCopy
  /// It is not whole, and the file is not what it was when the journal was begun.
  case damaged
  /// The file's length is none that the interrupted change could have left, in bytes.
  case otherLength(found: Int64, old: Int64, new: Int64)
  /// A sector in the page at this offset, in bytes, is neither what it was before the change nor what it was to
  /// become.
  case changedSince(offset: Int64)

  /// Whether a person may decide that the file is good as it is. What is in the middle of a change is not, and what
  /// another version of blechd, or another user, can recover is not lost.
  public var mayBeDiscarded: Bool {
    switch self {
    case .notAFile, .ownerNotTrusted, .otherVersion, .tornCopy: false
    case .otherFile, .damaged, .otherLength, .changedSince: true
    }
  }

  var reason: String {
    switch self {
    case .notAFile: "what stands in its journal's place is not a file; see what it is, and move it away"
    case .ownerNotTrusted(let owner):
      "its journal was made by another user (id \(owner)), who might use it to change the file; "
        + "have it recovered by that user or by root"
    case .otherVersion(let version):
      "its journal has version \(version), this blechd knows \(JournalHeader.version); recover it with the version "
        + "of blechd that wrote it"
    case .otherFile: "its journal was made for another file, in whose place this one was put since"
    case .tornCopy:
      "it is neither its old nor its new self, but a copy of a file that was in the middle of a change; recover that "
        + "file and copy it again"
    case .damaged:
      "its journal is damaged, and the file may be in the middle of the change that the journal was to undo"
    case .otherLength(let found, let old, let new):
      "another program has changed it since its journal was written: it has \(found) bytes, the interrupted change "
        + "leaves \(old) to \(new)"
    case .changedSince(let offset):
      "another program has changed it since its journal was written, near byte \(offset)"
    }
  }
}

extension Location {
  func refusal(_ refusal: JournalRefusal) -> H5Error { error(.refused(refusal), refusal.reason) }
}

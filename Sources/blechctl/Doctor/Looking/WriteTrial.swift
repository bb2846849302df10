import Glibc
import SystemPackage

/// Makes, renames and removes a hidden file: what a folder lets this user do is known only when it is done.
enum WriteTrial {
  enum Step: String, Codable, Sendable {
    case make = "made"
    case rename = "renamed"
    case remove = "removed"
  }

  struct Refusal: Error, Equatable {
    let step: Step
    let error: Errno
    /// A file that could not be taken away again.
    var leftover: String?
  }

  /// What was refused, or nil.
  static func run(in directory: String) -> Refusal? {
    let stem = "\(directory)/.blechd-doctor-\(UInt64.random(in: .min ... .max))"
    let (first, second) = (stem + "-a", stem + "-b")
    let file = unsafe open(first, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { return Refusal(step: .make, error: Errno(rawValue: errno)) }
    // A quota or a full disk shows with the first byte.
    var byte: UInt8 = 0
    let writeError = unsafe write(file, &byte, 1) == 1 ? nil : Errno(rawValue: errno)
    close(file)
    var refusal = writeError.map { Refusal(step: .make, error: $0) }
    var name = first
    if unsafe rename(first, second) == 0 {
      name = second
    } else {
      refusal = refusal ?? Refusal(step: .rename, error: Errno(rawValue: errno))
    }
    if unsafe unlink(name) != 0 {
      refusal = refusal ?? Refusal(step: .remove, error: Errno(rawValue: errno))
      refusal?.leftover = name
    }
    return refusal
  }
}

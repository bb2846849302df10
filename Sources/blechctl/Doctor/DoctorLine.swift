import FileAccess
import SystemPackage
import Vocabulary

/// One thing that `doctor` has looked at.
struct DoctorLine: Codable, Equatable, Sendable {
  /// What it is about, for programs and for the table.
  enum Check: String, Codable, Sendable {
    case config, user, root, watching, permission, disk, events, locking, inotify, worker, directories,
      daemon,
      systemd, cgroup
  }

  /// For what is not as it should be, the commands or edits that mend it; never empty.
  enum State: Codable, Equatable, Sendable {
    case ok
    /// It works, but not as well as it could.
    case warning(mend: [String])
    /// It does not work; the code says how `doctor` ends if there is nothing else.
    case problem(ExitCode, mend: [String])
  }

  let check: Check
  let subject: String
  let fact: String
  let state: State

  init(_ check: Check, _ subject: String, _ fact: String, _ state: State = .ok) {
    self.check = check
    self.subject = subject
    self.fact = fact
    self.state = state
  }

  /// A problem that some other part of blechd has told.
  init(_ check: Check, _ subject: String, _ failure: Failure) {
    self.init(
      check, subject, failure.what,
      .problem(failure.code, mend: [failure.remedy.isEmpty ? "please report this" : failure.remedy]))
  }

  var mend: [String] {
    switch state {
    case .ok: []
    case .warning(let mend), .problem(_, let mend): mend
    }
  }
}

extension ExitCode {
  /// For a system call on a file that failed.
  init(_ error: Errno, isWriting: Bool = false) {
    self = FileError(path: "", operation: "", reason: .system(error), isWriting: isWriting).failure().code
  }
}

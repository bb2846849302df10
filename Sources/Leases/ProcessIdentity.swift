import FoundationEssentials
import Glibc

/// What tells one process from every other, on this host and on others.
struct ProcessIdentity: Codable, Equatable, Sendable {
  var host: String
  /// `/etc/machine-id`, where there is one: hosts may share a name.
  var machine: String?
  /// Of the system's start: another after each.
  var boot: String?
  /// The inode of the namespace in which `pid` counts. Nil where it is not known.
  var pidNamespace: UInt64?
  var pid: Int32
  /// When it was started, in clock ticks since the system's start: a number is given again to other processes.
  var started: UInt64?
}

extension ProcessIdentity {
  /// This process. What `/proc` shows of another namespace is left out.
  static func own() -> ProcessIdentity {
    let pid = getpid()
    let started = ProcessState(of: pid).started
    let isOwnTable = started != nil && started == ProcessStatus(Proc.text("self/stat"))?.started
    return ProcessIdentity(
      host: hostName(), machine: line("/etc/machine-id"), boot: line("/proc/sys/kernel/random/boot_id"),
      pidNamespace: isOwnTable ? Proc.inode("self/ns/pid") : nil, pid: pid, started: started)
  }

  private static func hostName() -> String {
    var name = [CChar](repeating: 0, count: 256)
    guard unsafe gethostname(&name, name.count - 1) == 0 else { return "" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func line(_ path: String) -> String? {
    let text = Proc.text(absolute: path)?.split(whereSeparator: \.isWhitespace).first
    return text.map { String($0.prefix(64)) }
  }
}

/// Whether a process runs.
enum ProcessState: Equatable, Sendable {
  case ended
  /// Since when, in clock ticks since the system's start; nil where `/proc` does not show it.
  case running(started: UInt64?)

  init(of pid: Int32) {
    if let status = ProcessStatus(Proc.text("\(pid)/stat")) {
      self = status.hasEnded ? .ended : .running(started: status.started)
    } else {
      // Other users' processes may be hidden in /proc.
      self = kill(pid, 0) != 0 && errno == ESRCH ? .ended : .running(started: nil)
    }
  }

  var started: UInt64? {
    if case .running(let started) = self { started } else { nil }
  }
}

/// What `/proc/PID/stat` says of a process.
struct ProcessStatus: Equatable {
  var started: UInt64
  /// It waits only for its parent to take note of its end.
  var hasEnded: Bool
}

extension ProcessStatus {
  /// Fields by their number in `man 5 proc`. The second, the program's name, is in parentheses and may hold anything.
  init?(_ text: String?) {
    guard let text, let end = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    func field(_ number: Int) -> Substring? { fields.dropFirst(number - 3).first }
    guard let state = field(3), let threads = field(20).flatMap({ Int($0) }),
      let started = field(22).flatMap({ UInt64($0) })
    else { return nil }
    self.started = started
    // The first thread of a process may have ended before the others.
    hasEnded = state == "X" || (state == "Z" && threads <= 1)
  }
}

/// Files of the kernel's: reading them waits for nothing.
private enum Proc {
  static func text(_ name: String) -> String? { text(absolute: "/proc/" + name) }

  static func text(absolute path: String) -> String? {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = unsafe read(file, &bytes, bytes.count)
    return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
  }

  static func inode(_ name: String) -> UInt64? {
    var state = stat()
    guard unsafe stat("/proc/" + name, &state) == 0 else { return nil }
    return UInt64(state.st_ino)
  }
}

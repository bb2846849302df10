import FileAccess
import FoundationEssentials
import Glibc

/// What tells this process from every other one.
struct ThisProcess: Sendable {
  let host: String
  let machine: String
  let boot: String
  let processes: UInt64
  let pid: Int32
  let started: UInt64

  init() {
    var name = [CChar](repeating: 0, count: 256)
    _ = unsafe gethostname(&name, name.count - 1)
    host = String.showing(name.prefix { $0 != 0 })
    machine = Self.text(of: "/etc/machine-id") ?? ""
    boot = Self.text(of: "/proc/sys/kernel/random/boot_id") ?? ""
    var state = stat()
    processes = unsafe stat("/proc/self/ns/pid", &state) == 0 ? UInt64(state.st_ino) : 0
    pid = getpid()
    started = Self.start(of: pid) ?? 0
  }

  func lease(program: String) -> LeaseHolder {
    LeaseHolder(
      host: host, machine: machine, boot: boot, processes: processes, pid: pid, started: started,
      program: program,
      acquired: Date.now.ISO8601Format(),
      nonce: [UInt64.random(in: 0 ... .max), .random(in: 0 ... .max)].map { String($0, radix: 16) }.joined())
  }

  /// When a process began, in ticks since the machine's start (man 5 proc, field 22 of stat).
  static func start(of pid: Int32) -> UInt64? {
    // The name, in brackets, may hold anything.
    guard let fields = text(of: "/proc/\(pid)/stat")?.split(separator: ")").last?.split(separator: " "),
      fields.count > 19, fields[0] != "Z"
    else { return nil }
    return UInt64(fields[19])
  }

  /// The kernel's files: reading them waits for nothing.
  private static func text(of path: String) -> String? {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = unsafe read(file, &bytes, bytes.count)
    guard count > 0 else { return nil }
    let text = String(decoding: bytes.prefix(count), as: UTF8.self)
    return text.last == "\n" ? String(text.dropLast()) : text
  }
}

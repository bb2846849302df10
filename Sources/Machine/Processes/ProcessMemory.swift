import Glibc

/// The memory of a process.
public enum ProcessMemory {
  /// Resident memory in bytes, or nil where the process is gone, or has ended: then it has none.
  public static func resident(of process: pid_t) -> Int? {
    // Pages: the whole size, then what is resident of it.
    let fields = KernelFile.read("/proc/\(process)/statm")?.split(separator: " ") ?? []
    guard fields.count > 1, let pages = Int(fields[1]), pages > 0 else { return nil }
    return pages * sysconf(Int32(_SC_PAGESIZE))
  }

  /// What some processes have resident together, in bytes, or nil where all are gone. Pages that they share count for
  /// each of them.
  public static func resident(of processes: [pid_t]) -> Int? {
    let each = processes.compactMap { resident(of: $0) }
    return each.isEmpty ? nil : each.reduce(0, +)
  }

  /// The most memory that this process has had resident at any time, in bytes.
  ///
  /// `getrusage` would tell of the parent's memory too: the kernel carries it over when a new program is run.
  public static var ownPeak: Int? {
    let line = KernelFile.read("/proc/self/status")?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
      .map { $0 * 1024 }
  }
}

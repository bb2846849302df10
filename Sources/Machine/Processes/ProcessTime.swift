import Glibc

/// The processor time of a process.
public enum ProcessTime {
  /// Of all its threads and of the children that it has waited for, in seconds; nil where the process is gone. One that
  /// has ended is known until its parent has asked for its status.
  public static func cpuSeconds(of process: pid_t) -> Double? {
    KernelFile.read("/proc/\(process)/stat").flatMap(ticks(in:))
      .map { Double($0) / Double(sysconf(Int32(_SC_CLK_TCK))) }
  }

  /// Of some processes together, in seconds, or nil where all are gone.
  public static func cpuSeconds(of processes: [pid_t]) -> Double? {
    let each = processes.compactMap { cpuSeconds(of: $0) }
    return each.isEmpty ? nil : each.reduce(0, +)
  }

  /// utime, stime, cutime and cstime (man 5 proc). What stands before them is a name, in brackets, that may hold
  /// blanks and brackets.
  static func ticks(in stat: String) -> Int? {
    guard let name = stat.lastIndex(of: ")") else { return nil }
    let fields = stat[name...].split(separator: " ")
    guard fields.count > 15 else { return nil }
    let times = fields[12..<16].compactMap { Int($0) }
    return times.count == 4 ? times.reduce(0, +) : nil
  }
}

import FileAccess
import Glibc

/// A process and what it has started.
public enum ProcessTree {
  /// More are not looked for.
  private static let mostProcesses = 1024

  /// The process and its descendants, without those whose parent has ended. Where the kernel does not list children
  /// (CONFIG_PROC_CHILDREN), the process alone.
  public static func members(of process: pid_t) -> [pid_t] {
    var members = [process]
    var next = 0
    while next < members.count, members.count < mostProcesses {
      members += children(of: members[next])
      next += 1
    }
    return members
  }

  private static func children(of process: pid_t) -> [pid_t] {
    let threads = (try? OpenDirectory(at: "/proc/\(process)/task").entries()) ?? []
    return threads.flatMap { thread in
      (KernelFile.read("/proc/\(process)/task/\(thread)/children") ?? "").split(separator: " ")
        .compactMap { pid_t($0) }
    }
  }
}

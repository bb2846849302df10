import Glibc

/// The memory that there is.
public enum MachineMemory {
  /// All of the machine's, or what the control groups around this process leave of it, in bytes.
  public static var totalBytes: Int { totalBytes(below: "") }

  static func totalBytes(below root: String) -> Int {
    let place = try? ControlGroupPlace.own(below: root)
    let bounds = (place?.ancestry ?? []).compactMap { KernelFile.number($0 + "/memory.max") }
    return (bounds + [physicalBytes(below: root)]).min()!
  }

  private static func physicalBytes(below root: String) -> Int {
    let line = KernelFile.read("\(root)/proc/meminfo")?.split(separator: "\n")
      .first { $0.hasPrefix("MemTotal:") }
    let kilobytes = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    return kilobytes.map { $0 * 1024 } ?? sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
  }
}

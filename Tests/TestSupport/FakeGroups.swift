import FoundationEssentials
import Glibc
import Machine

/// A tree of plain files that looks like the unified hierarchy, with this process in `/lab/blechd.service`.
public struct FakeGroups {
  public static let name = "/lab/blechd.service"
  public static let service = "cgroup\(name)"

  public let scratch: Scratch

  public init(
    in scratch: Scratch, own: String = name, processes: String = "4242\n",
    controllers: String = "cpuset cpu io memory pids\n", mounts: String? = nil
  ) throws {
    self.scratch = scratch
    try write("proc/self/cgroup", "1:name=systemd:/elsewhere\n0::\(own)\n")
    try write(
      "proc/self/mountinfo",
      mounts
        ?? """
        22 27 0:21 / /proc rw,relatime - proc proc rw
        33 27 0:40 / /old rw,relatime shared:9 - cgroup cgroup rw,memory
        31 27 0:38 / /cgroup rw,nosuid shared:4 master:1 - cgroup2 cgroup2 rw
        """)
    try write("\(Self.service)/cgroup.type", "domain\n")
    try write("\(Self.service)/cgroup.procs", processes)
    try write("\(Self.service)/cgroup.controllers", controllers)
    try write("\(Self.service)/cgroup.subtree_control", "")
  }

  public func write(_ name: String, _ text: String) throws {
    let url = URL(filePath: scratch.path(name))
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  public func text(_ name: String) -> String? {
    (try? Data(contentsOf: URL(filePath: scratch.path(name)))).map { String(decoding: $0, as: UTF8.self) }
  }

  public func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: scratch.path(name)) }

  /// What `ControlGroups.take` works with here. It removes a group with its files, as the kernel does, after it was busy so many times.
  package func calls(busy times: Int = 0, process: pid_t = 4242) -> ControlGroupCalls {
    let left = Countdown(times)
    var calls = ControlGroupCalls()
    calls.root = scratch.path
    calls.process = process
    calls.removeGroup = { path in
      if left.next() { return EBUSY }
      return (try? FileManager.default.removeItem(atPath: path)) == nil ? ENOENT : 0
    }
    return calls
  }
}

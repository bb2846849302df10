import Glibc
import SystemPackage

/// What the processes of one group may take together; nil leaves that free.
public struct GroupLimits: Equatable, Sendable {
  /// In bytes. Nothing of it is swapped out; what goes beyond it is ended as a whole.
  public var memoryBytes: Int?
  /// Of one processor.
  public var cpuPercent: Int?
  /// Threads, too, count as processes.
  public var processes: Int?
  /// The group's weight beside others, as if it were one process of this niceness: 0 (as everybody) to 19. Where groups
  /// share processors, the niceness of a process counts inside its own alone.
  public var nice: Int?

  public init(memoryBytes: Int? = nil, cpuPercent: Int? = nil, processes: Int? = nil, nice: Int? = nil) {
    self.memoryBytes = memoryBytes
    self.cpuPercent = cpuPercent
    self.processes = processes
    self.nice = nice
  }
}

/// Whose memory was at its end when the kernel killed a group's processes.
public enum MemoryKill: Equatable, Sendable {
  case ownBound
  /// That of the machine, or of a group around this one.
  case outside
}

/// The control group of one worker.
public struct WorkerGroup: Sendable {
  /// Its directory.
  public let path: String
  private let calls: ControlGroupCalls

  /// How long the kernel may take to let go of a group whose processes were killed: so many waits.
  private static let (mostAttempts, interval) = (100, Duration.milliseconds(20))
  /// The kernel's own period, in µs.
  private static let cpuPeriod = 100_000

  init(_ path: String, _ calls: ControlGroupCalls) {
    self.path = path
    self.calls = calls
  }

  func make(_ limits: GroupLimits) throws(ControlGroupObstacle) {
    guard unsafe mkdir(path, 0o755) == 0 else {
      throw .failed(path: path, operation: "make the group", Errno(rawValue: errno))
    }
    do throws(ControlGroupObstacle) {
      try set(limits)
    } catch {
      _ = calls.removeGroup(path)
      throw error
    }
  }

  private func set(_ limits: GroupLimits) throws(ControlGroupObstacle) {
    if let bytes = limits.memoryBytes {
      try write("\(bytes)", to: "memory.max")
      // A kernel without swap has not the first of these, and an old one not the second.
      try? write("0", to: "memory.swap.max")
      try? write("1", to: "memory.oom.group")
    }
    if let percent = limits.cpuPercent {
      let (quota, overflow) = percent.multipliedReportingOverflow(by: Self.cpuPeriod / 100)
      try write("\(overflow ? "max" : "\(quota)") \(Self.cpuPeriod)", to: "cpu.max")
    }
    if let processes = limits.processes { try write("\(processes)", to: "pids.max") }
    // Kind to others, and nothing that they depend on.
    if let nice = limits.nice { try? write("\(nice)", to: "cpu.weight.nice") }
  }

  private func write(_ text: String, to file: String) throws(ControlGroupObstacle) {
    do throws(Errno) {
      // In the kernel's own tree nothing can be created; where there are plain files this makes them.
      try KernelFile.write(text, to: "\(path)/\(file)", flags: O_CREAT)
    } catch {
      throw .failed(path: "\(path)/\(file)", operation: "write \(text) to it", error)
    }
  }

  // MARK: What it has taken

  /// Processor time of all its processes, those that have ended among them; nil where the kernel does not tell.
  public var cpuSeconds: Double? {
    KernelFile.numbers("\(path)/cpu.stat")["usage_usec"].map { Double($0) / 1e6 }
  }

  /// Why the kernel killed any of its processes for memory, or nil where it did not.
  ///
  /// `oom_kill` counts those that were killed for whatever bound, the machine's own among them; `oom` counts how often
  /// this group's bound was reached (the kernel's admin-guide/cgroup-v2, memory.events).
  public var memoryKill: MemoryKill? {
    let events = KernelFile.numbers("\(path)/memory.events")
    guard events["oom_kill", default: 0] > 0 else { return nil }
    return events["oom", default: 0] > 0 ? .ownBound : .outside
  }

  // MARK: Its end

  /// Sends SIGKILL to all of its processes.
  public func killAll() {
    if (try? KernelFile.write("1", to: "\(path)/cgroup.kill")) != nil { return }
    // A kernel before 5.14. What is begun meanwhile is found in the next round.
    for _ in 0..<Self.mostRounds {
      let processes = Self.processes(in: path).filter { $0 != calls.process }
      let killed = processes.filter { kill($0, SIGKILL) == 0 }
      if killed.isEmpty { return }
    }
  }

  private static let mostRounds = 10

  /// Removes the group, as soon as the kernel lets it go; whether it did within two seconds.
  @discardableResult
  public func remove() async -> Bool {
    // Whoever is cancelled leaves nothing behind either.
    await Task {
      for _ in 0..<Self.mostAttempts {
        switch calls.removeGroup(path) {
        case 0, ENOENT: return true
        case EBUSY, EINTR: try? await Task.sleep(for: Self.interval)
        default: return false
        }
      }
      return false
    }.value
  }

  /// The processes in a group that are seen from here.
  static func processes(in path: String) -> [pid_t] {
    (KernelFile.read("\(path)/cgroup.procs") ?? "").split(separator: "\n").compactMap { pid_t($0) }
      .filter { $0 > 0 }
  }
}

import Configuration
import Vocabulary

/// What the machine is like at one moment.
public struct Readings: Equatable, Sendable {
  /// On the state directory's file system, in bytes; nil where it is not known.
  public var freeDiskBytes: Int?
  /// The share of the last 10 s in which some program waited, in percent; nil where the kernel does not tell.
  public var cpuPressurePercent: Double?
  public var memoryPressurePercent: Double?
  public var ioPressurePercent: Double?
  /// Local time, in minutes after midnight.
  public var minuteOfDay: Int

  public init(
    freeDiskBytes: Int? = nil, cpuPressurePercent: Double? = nil, memoryPressurePercent: Double? = nil,
    ioPressurePercent: Double? = nil, minuteOfDay: Int = 0
  ) {
    self.freeDiskBytes = freeDiskBytes
    self.cpuPressurePercent = cpuPressurePercent
    self.memoryPressurePercent = memoryPressurePercent
    self.ioPressurePercent = ioPressurePercent
    self.minuteOfDay = minuteOfDay
  }
}

/// Why no job is begun at present.
public enum Hold: Equatable, Sendable, CustomStringConvertible {
  case paused
  case hours(HoursOfDay)
  case disk(freeBytes: Int, minimumMB: Int)
  case pressure(Resource, percent: Double, most: Int)
  /// As many run as may.
  case jobs(Int)
  /// The next one has no room beside those that run.
  case memory(neededBytes: Int, freeBytes: Int)
  /// So many results wait to be written.
  case unwritten(Int)

  public enum Resource: String, Sendable { case cpu, memory, io }

  public var description: String {
    switch self {
    case .paused: "paused; blechctl resume goes on"
    case .hours(let hours): "jobs are begun from \(hours) (limits.hours)"
    case .disk(let free, let minimum):
      "only \(free >> 20) MB of disk are free in the state directory (limits.free_disk_min_mb: \(minimum))"
    case .pressure(let resource, let percent, let most):
      "programs wait for \(resource.rawValue) for \(Int(percent.rounded())) % of their time "
        + "(limits.pressure_max_percent: \(most))"
    case .jobs(let count): "\(count) \(count == 1 ? "job runs" : "jobs run"), as many as may (limits.jobs)"
    case .memory(let needed, let free):
      "the next job needs about \(needed >> 20) MB of memory, and \(free >> 20) MB are left beside those that run "
        + "(limits.memory_total_percent)"
    case .unwritten(let count):
      "\(count) results cannot be written yet: blechctl status names the sessions, and what keeps each from it"
    }
  }

  /// Whether it ends without anything ending here: then it is looked at again and again.
  var isTheMachines: Bool {
    switch self {
    case .hours, .disk, .pressure: true
    case .paused, .jobs, .memory, .unwritten: false
    }
  }
}

/// Whether a job may begin.
public struct Admission: Equatable, Sendable {
  public let limits: Configuration.Limits
  /// How many may run side by side.
  public let jobs: Int
  /// For all that run, in bytes.
  public let memoryBytes: Int

  /// - Parameters:
  ///   - cores: that this process may use.
  ///   - machineMemoryBytes: of the machine, or of the part of it that the daemon may use.
  public init(_ limits: Configuration.Limits, cores: Int, machineMemoryBytes: Int) {
    self.limits = limits
    jobs =
      switch limits.jobs {
      case .auto: max(cores, 1)
      case .count(let count): count
      }
    memoryBytes = machineMemoryBytes / 100 * limits.memoryTotalPercent
  }

  public var memoryPerJobBytes: Int { limits.memoryPerJobMB << 20 }

  /// Why nothing at all may begin now, or nil.
  public func hold(_ readings: Readings, isPaused: Bool, running: Int) -> Hold? {
    if isPaused { return .paused }
    if let hours = limits.hours, !hours.contains(minute: readings.minuteOfDay) { return .hours(hours) }
    if let free = readings.freeDiskBytes, free < limits.freeDiskMinimumMB << 20 {
      return .disk(freeBytes: free, minimumMB: limits.freeDiskMinimumMB)
    }
    if let hold = pressureHold(readings) { return hold }
    return running >= jobs ? .jobs(running) : nil
  }

  private func pressureHold(_ readings: Readings) -> Hold? {
    let pressures: [(Hold.Resource, Double?, Int?)] = [
      (.cpu, readings.cpuPressurePercent, limits.pressure.cpuPercent),
      (.memory, readings.memoryPressurePercent, limits.pressure.memoryPercent),
      (.io, readings.ioPressurePercent, limits.pressure.ioPercent),
    ]
    for case (let resource, let percent?, let most?) in pressures where percent > Double(most) {
      return .pressure(resource, percent: percent, most: most)
    }
    return nil
  }

  /// Why a job of that size may not begin beside those that run, or nil. One alone always may: more than its own limit
  /// it does not get anyway.
  public func hold(neededBytes: Int, usedBytes: Int, running: Int) -> Hold? {
    guard running > 0, usedBytes + neededBytes > memoryBytes else { return nil }
    return .memory(neededBytes: neededBytes, freeBytes: max(memoryBytes - usedBytes, 0))
  }

  /// What is told of a job that can never fit, or nil.
  public func refusal(of job: PlannedJob, in directory: String, neededBytes: Int) -> Failure? {
    guard neededBytes > memoryPerJobBytes else { return nil }
    return Failure(
      .badData, directory,
      "\(job.identity) (\(job.trials) trials x \(job.unitRows.count) units) needs about "
        + "\(Self.megabytes(neededBytes)) MB of memory, more than the \(limits.memoryPerJobMB) MB allowed",
      remedy: "raise limits.memory_per_job_mb and run blechctl reload")
  }

  /// Rounded up, so that what is above a limit does not read as being within it.
  private static func megabytes(_ bytes: Int) -> Int { (bytes + (1 << 20) - 1) >> 20 }
}

import Configuration
import Machine
import Synchronization
import Vocabulary
import WorkerProtocol

/// Runs workers on this machine, each within the limits that its owner has set: in a control group of its own where one
/// can be had, else as far as a process can limit itself.
public final class LocalExecutor: JobExecutor {
  public let name = "local"
  public let limitsInForce: LimitsInForce

  private struct State {
    var limits: Configuration.Limits
    var shares: ProcessorShares
  }

  private let worker: WorkerProcess
  private let groups: ControlGroups?
  private let state: Mutex<State>

  /// Far more than a worker opens or starts: enough for a command of the owner's.
  private static let (mostFiles, mostProcesses) = (1024, 256)
  /// Reports that wait for whoever is told; of more than these the oldest are left out.
  private static let mostReports = 64

  /// - Parameters:
  ///   - groups: what `ControlGroups.take` gave.
  ///   - processors: the numbers of those that workers may run on.
  public init(
    worker: WorkerExecutable, limits: Configuration.Limits,
    groups: Result<ControlGroups, ControlGroupObstacle>, processors: [Int] = Processors.allowed
  ) {
    self.worker = WorkerProcess(worker)
    self.groups = try? groups.get()
    state = Mutex(State(limits: limits, shares: ProcessorShares(allowed: processors)))
    limitsInForce =
      switch groups {
      case .success(let groups): .controlGroups(group: groups.name)
      case .failure(let obstacle): .ownLimits(reason: obstacle.description)
      }
  }

  /// From now on these hold; what runs keeps those that it began with. Memory and time come with each assignment.
  public func apply(_ limits: Configuration.Limits) { state.withLock { $0.limits = limits } }

  public func run(
    _ assignment: Assignment, resuming handle: String?,
    onReport: @escaping @Sendable (ExecutionReport) async -> Void
  ) async -> ExecutionEnd {
    guard handle == nil else {
      return ExecutionEnd(
        result: .failure(
          Failure(
            .temporary, assignment.task.place,
            "\(assignment.task.title) ended with the daemon that had begun it",
            remedy: "try again")), reason: .lost)
    }
    let setting: WorkerSetting
    do throws(ControlGroupObstacle) {
      setting = try makeSetting(for: assignment)
    } catch {
      let failure = Failure(.temporary, "blechd-worker", "cannot be limited: \(error)", remedy: "try again")
      return ExecutionEnd(result: .failure(failure), reason: .notStarted)
    }
    // Progress and use are found side by side, and told one after the other.
    let (reports, report) = AsyncStream<ExecutionReport>.makeStream(
      bufferingPolicy: .bufferingNewest(Self.mostReports))
    async let isTold: Void = { for await next in reports { await onReport(next) } }()
    let end = await worker.execute(assignment.task, bounds: assignment.bounds, within: setting) { message in
      if case .progress(let progress) = message { report.yield(.progress(progress)) }
    } onUse: { use, memoryBytes in
      report.yield(.use(use, memoryBytes: memoryBytes))
    }
    report.finish()
    await isTold
    await setting.group?.remove()
    if let processors = setting.limits.processors { state.withLock { $0.shares.giveBack(processors) } }
    return end
  }

  private func makeSetting(for assignment: Assignment) throws(ControlGroupObstacle) -> WorkerSetting {
    // What writes to a session holds others up meanwhile: it takes what it needs, and has its turn as everybody.
    guard !assignment.task.mustFinish else {
      return WorkerSetting(
        limits: WorkerLimits(openFiles: Self.mostFiles, ioClass: .bestEffort),
        group: try groups?.makeGroup(GroupLimits(processes: Self.mostProcesses)))
    }
    let limits = state.withLock { $0.limits }
    var setting = WorkerSetting(
      limits: WorkerLimits(
        openFiles: Self.mostFiles, nice: limits.nice,
        ioClass: limits.ioClass == .bestEffort ? .bestEffort : .idle))
    if let groups {
      setting.group = try groups.makeGroup(
        GroupLimits(
          memoryBytes: assignment.bounds.memory, cpuPercent: limits.cpuPerJobPercent,
          processes: Self.mostProcesses, nice: limits.nice))
    } else {
      setting.limits.processors = state.withLock { $0.shares.take(percent: limits.cpuPerJobPercent) }
    }
    return setting
  }
}

extension WorkerBounds {
  /// What the machine's owner allows one worker.
  public init(_ limits: Configuration.Limits) {
    let (memory, overflow) = limits.memoryPerJobMB.multipliedReportingOverflow(by: 1 << 20)
    self.init(
      wallTime: limits.wallTimePerJob, memory: overflow ? .max : memory,
      silence: min(limits.wallTimePerJob, Self.longestSilence))
  }

  /// Nothing is said while a session is read, which takes minutes from a slow server; while it trains, a worker tells of
  /// every 25th step.
  private static let longestSilence = Duration.seconds(15 * 60)
}

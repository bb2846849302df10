import Configuration
import Machine
import Synchronization
import Vocabulary
import WorkerProtocol

/// Runs workers on this machine, within the limits that its owner has set.
///
/// Each has a control group of its own where groups are delegated to this process. Elsewhere it limits itself (rlimits,
/// nice, I/O class, processors) and its parent watches its memory. Its wall time is its parent's to watch in both.
public final class LocalExecutor: JobExecutor {
  private let worker: WorkerProcess
  /// Nil where there are none.
  private let groups: ControlGroups?
  private let limits: Mutex<Configuration.Limits>
  private let processors: ProcessorShares

  /// What keeps workers within their limits here, for people.
  public let limitsInForce: String

  /// Enough for a session's files, whatever the machine allows.
  private static let openFiles = 256
  /// Threads included: a worker has a handful, and a command of the owner's may be a script.
  private static let mostProcesses = 256

  public init(_ worker: WorkerProcess, limits: Configuration.Limits) async {
    self.worker = worker
    self.limits = Mutex(limits)
    processors = ProcessorShares(Processors.allowed)
    do throws(ControlGroupObstacle) {
      let groups = try await ControlGroups.take()
      self.groups = groups
      limitsInForce = "control groups below \(groups.name)"
    } catch {
      groups = nil
      limitsInForce =
        "rlimits, nice and processors of each worker, whose memory blechd watches (no control groups: \(error))"
    }
  }

  public let name = "local"

  /// For what begins from now on.
  public func apply(_ limits: Configuration.Limits) { self.limits.withLock { $0 = limits } }

  /// A worker ends with its daemon: there is none to be found again.
  public func run(
    _ assignment: Assignment, resuming handle: String?,
    onReport: @escaping @Sendable (ExecutionReport) async -> Void
  ) async -> ExecutionEnd {
    guard handle == nil else {
      return ExecutionEnd(result: .failure(.interruption(of: "blechd-worker")), reason: .lost)
    }
    // What changes a session's files runs to its end, whoever loses interest in it.
    guard assignment.task.mustFinish else { return await run(assignment, onReport) }
    return await Task { await run(assignment, onReport) }.value
  }

  private func run(
    _ assignment: Assignment, _ onReport: @escaping @Sendable (ExecutionReport) async -> Void
  ) async -> ExecutionEnd {
    let limits = limits.withLock { $0 }
    var setting = WorkerSetting(
      limits: WorkerLimits(
        openFiles: Self.openFiles, nice: limits.nice,
        ioClass: limits.ioClass == .idle ? .idle : .bestEffort))
    if let groups {
      do throws(ControlGroupObstacle) {
        setting.group = try groups.makeGroup(
          GroupLimits(
            memoryBytes: assignment.bounds.memory, cpuPercent: limits.cpuPerJobPercent,
            processes: Self.mostProcesses))
      } catch {
        let failure = Failure(
          .temporary, "blechd-worker", "cannot be limited: \(error)", remedy: "it is tried again")
        return ExecutionEnd(result: .failure(failure), reason: .notStarted)
      }
    }
    let share = groups == nil ? processors.take(percent: limits.cpuPerJobPercent) : nil
    setting.limits.processors = share
    let end = await execute(assignment, setting, onReport)
    if let share { processors.giveBack(share) }
    await setting.group?.remove()
    return end
  }

  private func execute(
    _ assignment: Assignment, _ setting: WorkerSetting,
    _ onReport: @escaping @Sendable (ExecutionReport) async -> Void
  ) async -> ExecutionEnd {
    // Of what was taken the latest counts; told in order, and not any more when the worker has ended.
    let (uses, use) = AsyncStream<ExecutionReport>.makeStream(bufferingPolicy: .bufferingNewest(1))
    async let told: Void = { for await report in uses { await onReport(report) } }()
    let end = await worker.execute(
      assignment.task, bounds: assignment.bounds, within: setting,
      onMessage: { content in
        if case .progress(let progress) = content { await onReport(.progress(progress)) }
      }, onUse: { use.yield(.use($0, memoryBytes: $1)) })
    use.finish()
    await told
    return end
  }
}

/// Gives each worker processors of its own, as far as there are enough: without control groups nothing else holds it to
/// a number of them.
final class ProcessorShares: Sendable {
  /// By processor, how many workers have it.
  private let workers: Mutex<[Int: Int]>

  init(_ processors: [Int]) {
    workers = Mutex(Dictionary(processors.map { ($0, 0) }, uniquingKeysWith: { first, _ in first }))
  }

  /// - Parameter percent: of one processor; rounded up to whole ones.
  /// - Returns: those that the fewest others have; nil where the worker may have all of them.
  func take(percent: Int) -> [Int]? {
    let count = (percent + 99) / 100
    return workers.withLock { workers in
      guard count < workers.count else { return nil }
      let share = workers.sorted { ($0.value, $0.key) < ($1.value, $1.key) }.prefix(count).map(\.key)
      for processor in share { workers[processor]! += 1 }
      return share.sorted()
    }
  }

  func giveBack(_ share: [Int]) {
    workers.withLock { workers in for processor in share { workers[processor]! -= 1 } }
  }
}

import Configuration
import FoundationEssentials
import Intake
import Jobs
import Leases
import Logging
import Machine
import Reporting
import Scheduling
import ServiceLifecycle
import Spool
import Store
import Synchronization
import SystemPackage
import Threads
import Vocabulary

/// Has the work done that the watch finds, under the configuration in force.
final class WorkService: Service {
  let scheduler: Scheduler
  let ended = EndedSessions()
  private let inbox: WorkInbox
  private let watch: WatchService
  private let remembering: Remembering
  private let executor: LocalExecutor
  private let notifier: Notifier
  private let leases: LeaseKeeper
  private let configurations: AsyncStream<Configuration>
  private let spool: String

  /// How long an orderly stop may take: workers are given five seconds to end.
  private static let longestStop = Duration.seconds(6)
  /// How long a worker's start waits until it is written down that it began.
  private static let longestFlush = Duration.seconds(2)
  private static let pruneInterval = Duration.seconds(3600)
  /// For how long results are kept that nobody waits for.
  private static let spoolPeriod = Duration.seconds(86_400)

  init(
    _ remembering: Remembering, executor: LocalExecutor, inbox: WorkInbox, watch: WatchService,
    state: StateDirectory, late: LateScheduler, log: Logger
  ) {
    self.remembering = remembering
    self.executor = executor
    self.inbox = inbox
    self.watch = watch
    spool = state.spool
    configurations = watch.configurations()
    let configuration = watch.watch.configuration
    let notifier = Notifier(executor: executor, log: log)
    self.notifier = notifier
    let leases = LeaseKeeper(program: "blechd")
    self.leases = leases
    let workLog = WorkLog(log: log)
    let ended = ended
    let readings = MachineReadings(stateDirectory: state.path)
    let writer = remembering.writer
    scheduler = Scheduler(
      remembering.stored, settings: Self.settings(configuration, spool: state.spool), inbox: inbox,
      surroundings: Surroundings(
        executor: executor,
        takeLease: { (directory) throws(Failure) in
          let lease = try await leases.take(directory)
          let minimum = watch.watch.configuration.limits.freeDiskMinimumMB
          guard lease.freeBytes < minimum << 20 else { return }
          await leases.release(directory)
          throw Failure(
            .temporary, directory, "only \(lease.freeBytes >> 20) MB are free on its disk",
            remedy: "free some, or lower limits.free_disk_min_mb (\(minimum))")
        },
        confirmLease: { (directory) throws(Failure) in try await leases.confirm(directory) },
        releaseLease: { await leases.release($0) }, store: { writer.add($0) },
        flushStore: { _ = await writer.flush(atMost: Self.longestFlush) }, readings: { await readings.now() },
        reconsider: { directory, isDone in
          Task { await watch.watch.intake.reconsider(FilePath(directory), isDone: isDone) }
        },
        discard: { [spool] fingerprints in
          try? onOwnThread {
            for fingerprint in fingerprints { try? Spool(at: spool).remove(fingerprint) }
          }
        },
        onEvent: { event in
          workLog.tell(event)
          if case .ended(let outcome) = event {
            ended.append(outcome)
            notifier.tell(outcome, by: watch.watch.configuration)
          }
          watch.noteChange()
        }, now: { .current }))
    late.set(scheduler)
  }

  /// What keeps workers within their limits on this machine.
  var limitsInForce: String { "\(executor.limitsInForce)" }

  private static func settings(_ configuration: Configuration, spool: String) -> WorkSettings {
    WorkSettings(
      configuration, spool: spool, cores: Processors.count, machineMemoryBytes: MachineMemory.totalBytes)
  }

  func run() async throws {
    await withGracefulShutdownHandler {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await self.removeStaleLeases() }
        group.addTask {
          for await directory in self.leases.lost {
            await self.scheduler.leaseLost(directory, Self.loss(of: directory))
          }
        }
        group.addTask { await self.notifier.run() }
        group.addTask { await self.pruneOn() }
        group.addTask {
          for await configuration in self.configurations {
            self.executor.apply(configuration.limits)
            await self.scheduler.apply(Self.settings(configuration, spool: self.spool))
          }
        }
        // Ends by the scheduler's stop alone.
        await scheduler.run()
        notifier.stop()
        _ = await remembering.writer.flush(atMost: Self.longestFlush)
        remembering.writer.stop()
        group.cancelAll()
        await group.waitForAll()
        await remembering.store.close()
      }
    } onGracefulShutdown: {
      Task { await self.scheduler.stop(within: Self.longestStop) }
    }
  }

  private static func loss(of directory: String) -> Failure {
    Failure(
      .temporary, directory, "its lease was taken by somebody else, or could not be refreshed in time",
      remedy: "is its server slow?")
  }

  private func pruneOn() async {
    repeat {
      await remembering.prune(watch.watch.configuration.history)
      await sweepSpool()
    } while (try? await Task.sleep(for: Self.pruneInterval)) != nil
  }

  private func sweepSpool() async {
    let needed = await scheduler.neededFingerprints
    let time = Date.now.timeIntervalSince1970 - Self.spoolPeriod / .seconds(1)
    try? onOwnThread { [spool] in
      try? Spool(at: spool).removeOthers(than: needed, olderThan: Int64(time * 1e9))
    }
  }

  /// What a daemon that died had taken. Where its session has work still, the lease is taken over in any case.
  private func removeStaleLeases() async {
    for session in remembering.stored.sessions { await LeaseKeeper.removeStale(in: session.path) }
  }
}

/// The scheduler, for what is made before it.
final class LateScheduler: Sendable {
  private let content = Mutex<Scheduler?>(nil)

  var scheduler: Scheduler? { content.withLock { $0 } }

  func set(_ scheduler: Scheduler) { content.withLock { $0 = scheduler } }
}

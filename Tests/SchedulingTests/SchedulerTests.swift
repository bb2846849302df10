import Configuration
import Jobs
import Store
import Synchronization
import Testing
import Vocabulary

@testable import Scheduling

/// The actor about the book: what it does by itself, in its own time.
@Suite(.timeLimit(.minutes(5))) struct SchedulerTests {
  private static let pressed = Readings(memoryPressurePercent: 80)

  @Test func `a machine under pressure is looked at again until it is over`() async throws {
    let world = SchedulerWorld(readings: Self.pressed)
    try await world.run { scheduler in
      world.inbox.put(.enqueue(work("/a", tastes: 0..<1)))
      try await world.wait { await scheduler.status().hold == .pressure(.memory, percent: 80, most: 20) }
      #expect(world.cluster.jobs.isEmpty)
      world.set(readings: Readings())
      try await world.wait { !world.cluster.jobs.isEmpty }
    }
  }

  @Test func `what falls due is tried again, and what is finished is written`() async throws {
    let world = SchedulerWorld()
    try await world.run { scheduler in
      world.inbox.put(.enqueue(work("/a", tastes: 0..<1)))
      try await world.wait { world.cluster.jobs.count == 1 }
      world.cluster.finish(0, BookWorld.failure(.temporary))
      try await world.wait { world.cluster.jobs.count == 2 }
      world.cluster.finish(1)
      try await world.wait { world.cluster.jobs.count == 3 }
      #expect(world.leased == ["/a"])
      world.cluster.finish(2)
      try await world.wait { world.leased.isEmpty }
      #expect(await scheduler.status().sessions.isEmpty)
    }
    #expect(world.stored.sessions.isEmpty)
  }

  @Test func `at its end workers are ended, leases given back, and nothing begins any more`() async throws {
    let world = SchedulerWorld()
    try await world.run { _ in
      for name in ["/a", "/b"] { world.inbox.put(.enqueue(work(name, tastes: 0..<2))) }
      try await world.wait { world.cluster.jobs.count == 2 }
    }
    #expect(world.cluster.jobs.map(\.isCancelled) == [true, true])
    #expect(world.leased.isEmpty)
    #expect(world.stored.openAttempts.isEmpty)
    #expect(!world.stored.isPaused)
  }

  @Test func `what is asked for as it ends is remembered`() async throws {
    let world = SchedulerWorld()
    try await world.run { _ in
      world.inbox.put(.enqueue(work("/a")))
      try await world.wait { world.cluster.jobs.count == 2 }
    } whileStopping: {
      world.inbox.put(.requested(directory: "/a", .retrain))
    }
    #expect(world.stored.sessions.map(\.request) == [.retrain])
  }

  @Test func `workers that outlive the daemon are taken up by the next one`() async throws {
    let world = SchedulerWorld(outlivesDaemon: true)
    let session = work("/a", tastes: 0..<2)
    try await world.run { _ in
      world.inbox.put(.enqueue(session))
      try await world.wait { world.stored.openAttempts.count { $0.handle != nil } == 2 }
    }
    #expect(world.cluster.jobs.map(\.isCancelled) == [false, false])
    #expect(world.leased.isEmpty)
    // One of them ends while there is no daemon.
    world.cluster.finish(0)
    try await world.run { _ in
      world.inbox.put(.enqueue(session))
      try await world.wait { world.cluster.resumed.count == 2 }
      world.cluster.finish(1)
      // Both are written, and none was begun a second time.
      try await world.wait { world.cluster.jobs.count == 3 }
      world.cluster.finish(2)
      try await world.wait { world.stored.sessions.isEmpty }
    }
    #expect(world.cluster.resumed.sorted() == ["0", "1"])
    #expect(world.stored.openAttempts.isEmpty)
  }
}

/// A batch system: a job goes on whether or not anybody waits for it, and is found by its number.
final class MadeUpCluster: JobExecutor {
  struct Job {
    var end: ExecutionEnd?
    var isCancelled = false
    let task: Assignment
  }

  let name = "cluster"
  let outlivesDaemon: Bool
  private let state = Mutex<(jobs: [Job], resumed: [String])>(([], []))
  private let cancellation = Mutex<@Sendable () -> Void>({})

  init(outlivesDaemon: Bool) { self.outlivesDaemon = outlivesDaemon }

  var jobs: [Job] { state.withLock { $0.jobs } }
  var resumed: [String] { state.withLock { $0.resumed } }

  /// Is called when somebody cancels a job.
  func whenCancelled(_ body: @escaping @Sendable () -> Void) { cancellation.withLock { $0 = body } }

  func finish(_ number: Int, _ end: ExecutionEnd? = nil) {
    state.withLock { state in
      if case .commit = state.jobs[number].task.task {
        state.jobs[number].end = end ?? BookWorld.committed
      } else {
        state.jobs[number].end =
          end ?? ExecutionEnd(result: .success(.inferred(BookWorld.summary)), reason: .finished)
      }
    }
  }

  func run(
    _ assignment: Assignment, resuming handle: String?,
    onReport: @escaping @Sendable (ExecutionReport) async -> Void
  ) async -> ExecutionEnd {
    let number = state.withLock { state in
      if let handle {
        state.resumed.append(handle)
        return Int(handle)!
      }
      state.jobs.append(Job(task: assignment))
      return state.jobs.count - 1
    }
    if outlivesDaemon { await onReport(.handle("\(number)")) }
    while true {
      if let end = jobs[number].end { return end }
      guard (try? await Task.sleep(for: .milliseconds(5))) != nil else {
        state.withLock { $0.jobs[number].isCancelled = true }
        cancellation.withLock { $0 }()
        return BookWorld.failure(.interrupted, .cancelled)
      }
    }
  }
}

/// What a scheduler has around it; a store and a cluster outlive it.
final class SchedulerWorld: Sendable {
  private struct State {
    var readings: Readings
    var leased: Set<String> = []
    var stored = StoredState()
    var inbox = WorkInbox()
  }

  let cluster: MadeUpCluster
  private let state: Mutex<State>

  init(readings: Readings = Readings(), outlivesDaemon: Bool = false) {
    cluster = MadeUpCluster(outlivesDaemon: outlivesDaemon)
    state = Mutex(State(readings: readings))
  }

  var leased: Set<String> { state.withLock { $0.leased } }
  var stored: StoredState { state.withLock { $0.stored } }
  var inbox: WorkInbox { state.withLock { $0.inbox } }
  func set(readings: Readings) { state.withLock { $0.readings = readings } }

  /// Runs a scheduler on what the one before has left, and stops it after `body`.
  func run(
    _ body: @Sendable (Scheduler) async throws -> Void, whileStopping: @escaping @Sendable () -> Void = {}
  ) async throws {
    var configuration = Configuration.default
    configuration.limits.jobs = .count(2)
    configuration.retry.firstDelay = .seconds(1)
    let inbox = WorkInbox()
    state.withLock { $0.inbox = inbox }
    let scheduler = Scheduler(
      stored,
      settings: WorkSettings(configuration, spool: "/spool", cores: 2, machineMemoryBytes: 16 << 30),
      inbox: inbox, surroundings: surroundings)
    async let running: Void = scheduler.run()
    do {
      try await body(scheduler)
    } catch {
      Issue.record(error)
    }
    cluster.whenCancelled(whileStopping)
    await scheduler.stop(within: .seconds(60))
    await running
  }

  private var surroundings: Surroundings {
    Surroundings(
      executor: cluster,
      takeLease: { (directory) throws(Failure) in _ = self.state.withLock { $0.leased.insert(directory) } },
      confirmLease: { (_) throws(Failure) in },
      releaseLease: { directory in _ = self.state.withLock { $0.leased.remove(directory) } },
      store: { changes in
        self.state.withLock { state in for change in changes { state.stored.apply(change) } }
      },
      flushStore: {}, readings: { self.state.withLock { $0.readings } }, reconsider: { _, _ in },
      discard: { _ in }, onEvent: { _ in }, now: { Now(moment: .now, wall: 1_800_000_000) })
  }

  func wait(until holds: () async -> Bool) async throws {
    for _ in 0..<12_000 {
      if await holds() { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("waited two minutes in vain")
    throw CancellationError()
  }
}

import Configuration
import FoundationEssentials
import Intake
import Jobs
import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals
import Vocabulary
import Watching

/// Watches under the configuration in force, and under another one after SIGHUP.
final class WatchService: Service {
  private let file: ConfigurationFile
  private let state: StateDirectory
  private let worker: WorkerProcess
  private let log: Logger
  private let current: Mutex<Watch>
  private let isStopping = Atomic(false)
  private let told = Mutex<Set<String>>([])

  /// One element whenever there is something new to report.
  let changes: AsyncStream<Void>
  private let change: AsyncStream<Void>.Continuation

  init(
    file: ConfigurationFile, configuration: Configuration, state: StateDirectory, worker: WorkerProcess,
    log: Logger
  ) throws(Failure) {
    self.file = file
    self.state = state
    self.worker = worker
    self.log = log
    (changes, change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    current = Mutex(try Self.makeWatch(configuration, state, worker, log, change))
  }

  private static func makeWatch(
    _ configuration: Configuration, _ state: StateDirectory, _ worker: WorkerProcess, _ log: Logger,
    _ change: AsyncStream<Void>.Continuation
  ) throws(Failure) -> Watch {
    let now = Int64(Date.now.timeIntervalSince1970)
    let known = try RootRegister(in: state.path).firstWatched(configuration.watch.map(\.path), now: now)
    if let aside = known.setAside {
      log.warning(
        "when the roots were first watched could not be read; the file is now \(aside), and they begin today")
    }
    return try Watch(configuration, firstWatched: known.times, worker: worker, log: log) { change.yield() }
  }

  /// What is at work now.
  var watch: Watch { current.withLock { $0 } }

  var isAtItsEnd: Bool { isStopping.load(ordering: .relaxed) }

  func run() async throws {
    let reloads = await UnixSignalsSequence(trapping: .sighup)
    try await withGracefulShutdownHandler {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          for await _ in reloads { await self.reload() }
        }
        group.addTask { try await self.watchOn() }
        // The watch ends by its stop alone; then nobody waits for signals any more.
        try await group.next()
        group.cancelAll()
      }
    } onGracefulShutdown: {
      self.isStopping.store(true, ordering: .relaxed)
      Task { await self.watch.stop() }
    }
    change.finish()
  }

  /// Watches, one configuration after the other.
  private func watchOn() async throws {
    while !isAtItsEnd {
      let watch = watch
      try watch.start()
      change.yield()
      await watch.run { self.noteChange(in: watch) }
    }
  }

  private func noteChange(in watch: Watch) {
    tellProblems(of: watch)
    change.yield()
  }

  /// Each problem is told once, until it is gone.
  func tellProblems(of watch: Watch) {
    var present: [String: String] = [:]
    for tree in watch.watcher.status.flatMap(\.trees) {
      for problem in tree.problems {
        present["\(tree.path.string): \(problem.kind)"] = "\(tree.path.shown): \(problem)"
      }
    }
    let (new, gone) = told.withLock { told in
      let new = present.filter { !told.contains($0.key) }
      let gone = told.filter { present[$0] == nil }
      told = Set(present.keys)
      return (new, gone)
    }
    for text in new.values.sorted() { log.warning("\(text)") }
    for key in gone.sorted() { log.notice("\(key): is over") }
  }

  /// A configuration that cannot be used changes nothing.
  private func reload() async {
    let next: Watch
    do throws(ConfigurationError) {
      let configuration = try file.load()
      do throws(Failure) {
        next = try Self.makeWatch(configuration, state, worker, log, change)
      } catch {
        return log.error("the new configuration is not in force: \(error)")
      }
    } catch {
      for line in error.lines { log.error("\(line)") }
      return log.error("the configuration in force stays as it was")
    }
    let old = current.withLock { current in
      defer { current = next }
      return current
    }
    await old.stop()
    log.notice("the configuration was read anew")
  }
}

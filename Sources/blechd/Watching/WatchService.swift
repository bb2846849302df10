import Configuration
import FileAccess
import FoundationEssentials
import Intake
import Jobs
import Logging
import ServiceLifecycle
import Synchronization
import SystemPackage
import Threads
import UnixSignals
import Vocabulary
import Watching

/// Watches under the configuration in force, and under another one after SIGHUP.
final class WatchService: Service {
  private let file: ConfigurationFile
  private let state: StateDirectory
  private let parts: Watch.Parts
  private var log: Logger { parts.log }
  private let current: Mutex<Watch>
  /// The configuration that takes over as soon as the present watch has ended, and who waits to be told what came of it:
  /// nil, or why it could not be put to work.
  private struct Next: Sendable {
    let configuration: Configuration
    var waiting: [AsyncStream<Failure?>.Continuation] = []

    func answer(_ failure: Failure? = nil) {
      for one in waiting {
        one.yield(failure)
        one.finish()
      }
    }
  }

  private let next = Mutex<Next?>(nil)
  private let reloads: UnixSignalsSequence
  private let isStopping = Atomic(false)
  private let told = Mutex<Set<Told>>([])
  private let isReady = Atomic(false)

  /// One element whenever there is something new to report.
  let changes: AsyncStream<Void>
  private let change: AsyncStream<Void>.Continuation
  /// Who wants to know of every configuration that is put to work.
  private let listeners = Mutex<[AsyncStream<Configuration>.Continuation]>([])

  /// How long reading the configuration may take: it may lie on a server that is gone.
  private static let longestLoad = Duration.seconds(10)

  /// - Parameters:
  ///   - reloads: signals to read the configuration anew.
  ///   - requests: what was asked for and is not over, by path.
  init(
    file: ConfigurationFile, configuration: Configuration, state: StateDirectory, parts: Watch.Parts,
    reloads: UnixSignalsSequence, requests: [FilePath: SessionRequest] = [:]
  ) throws(Failure) {
    self.reloads = reloads
    self.file = file
    self.state = state
    self.parts = parts
    (changes, change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    current = Mutex(
      try Self.makeWatch(configuration, state, parts, Watch.Earlier(requests: requests), change))
  }

  private static func makeWatch(
    _ configuration: Configuration, _ state: StateDirectory, _ parts: Watch.Parts, _ earlier: Watch.Earlier,
    _ change: AsyncStream<Void>.Continuation
  ) throws(Failure) -> Watch {
    let now = Int64(Date.now.timeIntervalSince1970)
    let known = try RootRegister(in: state.path).firstWatched(configuration.watch.map(\.path), now: now)
    if let aside = known.setAside {
      parts.log.warning(
        "when the roots were first watched could not be read; the file is now \(aside), and they begin today")
    }
    return try Watch(configuration, firstWatched: known.times, earlier: earlier, parts: parts) {
      change.yield()
    }
  }

  /// What is at work now.
  var watch: Watch { current.withLock { $0 } }

  /// The configurations that are put to work from now on: the latest of those that nobody has taken yet.
  func configurations() -> AsyncStream<Configuration> {
    let (stream, listener) = AsyncStream<Configuration>.makeStream(bufferingPolicy: .bufferingNewest(1))
    listeners.withLock { $0.append(listener) }
    return stream
  }

  private var isAtItsEnd: Bool { isStopping.load(ordering: .relaxed) }

  func run() async throws {
    try await withGracefulShutdownHandler {
      try await withTaskCancellationHandler {
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            for await _ in self.reloads { try? await self.reload() }
          }
          group.addTask { try await self.watchOn() }
          // The watch ends by its stop alone; then nobody waits for signals any more.
          try await group.next()
          group.cancelAll()
        }
      } onCancel: {
        self.end()
      }
    } onGracefulShutdown: {
      self.end()
    }
    change.finish()
    for one in next.withLock({ $0.take() })?.waiting ?? [] { one.finish() }
    listeners.withLock { for listener in $0 { listener.finish() } }
  }

  private func end() {
    isStopping.store(true, ordering: .relaxed)
    Task { await self.watch.watcher.stop() }
  }

  /// Watches, one configuration after the other, each until its watcher is stopped.
  private func watchOn() async throws {
    try watch.start()
    while true {
      let watch = watch
      isReady.store(false, ordering: .relaxed)
      change.yield()
      await watch.run { self.noteChange(in: watch) }
      await watch.intake.stop()
      if isAtItsEnd || Task.isCancelled { return }
      // Without a next one, its watcher was stopped for a configuration that is in force already.
      try await replace(
        watch, with: next.withLock { $0.take() } ?? Next(configuration: watch.configuration))
    }
  }

  /// A configuration that cannot be put to work gives way to the one before.
  private func replace(_ old: Watch, with next: Next) async throws {
    let earlier = Watch.Earlier(
      queued: await old.intake.queued, requests: await old.intake.requests,
      backlogRequests: await old.intake.backlogRequests)
    do throws(Failure) {
      try await put(next.configuration, earlier)
      log.notice("the configuration was read anew")
      next.answer()
    } catch {
      log.error("the new configuration cannot be put to work, the one before is again: \(error)")
      var failure = error
      failure.remedy += (failure.remedy.isEmpty ? "" : "; ") + Self.unchanged
      next.answer(failure)
      try await put(old.configuration, earlier)
    }
  }

  private func put(_ configuration: Configuration, _ earlier: Watch.Earlier) async throws(Failure) {
    let watch = try Self.makeWatch(configuration, state, parts, earlier, change)
    try watch.start()
    current.withLock { $0 = watch }
    listeners.withLock { for listener in $0 { listener.yield(configuration) } }
    // What came meanwhile, an end or yet another configuration, has stopped the one before.
    if isAtItsEnd || next.withLock({ $0 != nil }) { await watch.watcher.stop() }
  }

  private static let unchanged = "the configuration in force stays as it was"

  /// Reads the configuration anew and puts it to work. One that cannot be used changes nothing, and the log has all that is
  /// wrong with it.
  func reload() async throws(Failure) {
    switch await load() {
    case .success(let configuration): try await putToWork(configuration)
    case .failure(let error):
      for line in error.lines { log.error("\(line)") }
      log.error("\(Self.unchanged)")
      var failure = error.failure
      failure.remedy += (failure.remedy.isEmpty ? "" : "; ") + Self.unchanged
      throw failure
    case nil:
      let failure = Failure(
        .temporary, file.path, "could not be read within \(Self.longestLoad)", remedy: Self.unchanged)
      log.error("\(failure)")
      throw failure
    }
  }

  /// Returns when the configuration is in force.
  private func putToWork(_ configuration: Configuration) async throws(Failure) {
    let present = watch
    let (answers, answer) = AsyncStream<Failure?>.makeStream(bufferingPolicy: .bufferingOldest(1))
    next.withLock { next in
      // Whoever waits for an earlier one waits for this one, which takes its place.
      next = Next(configuration: configuration, waiting: (next?.waiting ?? []) + [answer])
    }
    // The next one needs the watches that this one has.
    await present.watcher.stop(within: Self.longestLoad)
    for await failure in answers {
      if let failure { throw failure }
      return
    }
    throw Failure(
      .temporary, file.path, "was read, and is not in force: the daemon stops, or takes its time",
      remedy: "see its log")
  }

  /// Nil where reading takes too long.
  private func load() async -> Result<Configuration, ConfigurationError>? {
    let file = file
    let result = try? await onOwnThread(atMost: Self.longestLoad) {
      Result { () throws(ConfigurationError) in try file.load() }
    }
    return result ?? nil
  }

  /// Something that a status shows has changed.
  func noteChange() { change.yield() }

  // MARK: Problems

  private func noteChange(in watch: Watch) {
    tellProblems(of: watch)
    if !isReady.load(ordering: .relaxed), watch.isScanned {
      isReady.store(true, ordering: .relaxed)
      let directories = watch.watcher.status.flatMap(\.trees).reduce(0) { $0 + $1.directories }
      log.notice("everything is watched: \(directories) \(directories == 1 ? "directory" : "directories")")
    }
    change.yield()
  }

  /// Each problem is told once, until it is gone.
  func tellProblems(of watch: Watch) {
    let trees = watch.watcher.status.flatMap(\.trees)
    var present: [Told: String] = [:]
    for tree in trees {
      for problem in tree.problems {
        present[Told(tree: tree.path, kind: problem.kind)] = "\(tree.path.shown): \(problem)"
      }
    }
    // A tree that has not been looked at yet has no problems, and that says nothing.
    let looked = Set(trees.filter { $0.isScanned || !$0.problems.isEmpty }.map(\.path))
    let (new, gone) = told.withLock { told in
      let new = present.filter { !told.contains($0.key) }
      let gone = told.filter { present[$0] == nil && looked.contains($0.tree) }
      told = told.subtracting(gone).union(present.keys)
      return (new, gone)
    }
    for text in new.values.sorted() { log.warning("\(text)") }
    for problem in gone { log.notice("\(problem.tree.shown): \(problem.kind): is over") }
  }

  private struct Told: Hashable {
    let tree: FilePath
    let kind: String
  }
}

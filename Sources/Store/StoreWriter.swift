import Synchronization
import Threads
import Vocabulary

/// Writes changes down in the background, in their order. Whoever has something to write neither waits nor fails.
///
/// While the store cannot be written, the latest of each record waits. A store that is found damaged is begun anew.
public final class StoreWriter: Sendable {
  private struct State {
    var backlog: Backlog
    /// Changes that were handed over, and those of them that are done with.
    var added = 0
    var settled = 0
    /// Changes that the store would not take, whenever it was tried.
    var refused = 0
    /// Whether the queue is to be written as a whole before anything else.
    var needsSnapshot = false
    /// What was told last.
    var problem: Failure?
    /// Whether the next try is wanted at once.
    var isHurried = false
    var isStopped = false
    var sleeper: Task<Void, Never>?

    var isBehind: Bool { settled < added || needsSnapshot || backlog.lacksRecords }
  }

  private let store: Store
  private let delays: ClosedRange<Duration>
  private let snapshot: @Sendable () async -> [StoreChange]
  private let onProblem: @Sendable (Failure?) -> Void
  private let state: Mutex<State>
  private let wake: AsyncStream<Void>.Continuation

  /// - Parameters:
  ///   - snapshot: all that is to be in the store now, but for what is over: asked for where the store has lost it.
  ///   - onProblem: told why nothing can be written, once for each cause, and nil when it is over.
  public convenience init(
    _ store: Store, snapshot: @escaping @Sendable () async -> [StoreChange],
    onProblem: @escaping @Sendable (Failure?) -> Void
  ) {
    self.init(
      store, bounds: Backlog.Bounds(), delays: .seconds(1) ... .seconds(60), snapshot: snapshot,
      onProblem: onProblem)
  }

  /// - Parameter delays: from one try to the next: the first, and the longest.
  init(
    _ store: Store, bounds: Backlog.Bounds, delays: ClosedRange<Duration>,
    snapshot: @escaping @Sendable () async -> [StoreChange],
    onProblem: @escaping @Sendable (Failure?) -> Void
  ) {
    (self.store, self.delays, self.snapshot, self.onProblem) = (store, delays, snapshot, onProblem)
    state = Mutex(State(backlog: Backlog(bounds)))
    let wakes: AsyncStream<Void>
    (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    // Unstructured: what is to be written is written although the task that made the writer is cancelled.
    Task.detached { [self] in for await _ in wakes { await writeAll() } }
  }

  /// Hands changes over. Returns at once; after `stop` they are left out.
  public func add(_ changes: [StoreChange]) {
    state.withLock { state in
      guard !state.isStopped else { return }
      state.backlog.add(changes)
      state.added += changes.count
    }
    wake.yield()
  }

  /// Waits until all that was handed over so far is written; whether it is.
  public func flush(atMost limit: Duration) async -> Bool {
    let (target, sleeper) = state.withLock { state in
      state.isHurried = true
      return (state.added, state.sleeper)
    }
    sleeper?.cancel()
    wake.yield()
    let isWritten = { self.state.withLock { $0.settled >= target } }
    await lookingAgain(until: .now + limit, isWritten)
    return isWritten()
  }

  /// Writes nothing more than what it is writing. `flush` goes before.
  public func stop() {
    let sleeper = state.withLock { state in
      state.isStopped = true
      return state.sleeper
    }
    sleeper?.cancel()
    wake.finish()
  }

  /// Beginnings and ends of attempts that were left out because too many waited, and changes that the store refused.
  public var lost: (attempts: Int, refused: Int) {
    state.withLock { ($0.backlog.droppedAttempts, $0.refused) }
  }
}

extension StoreWriter {
  private func writeAll() async {
    var delay = delays.lowerBound
    var isNew = false
    while state.withLock({ !$0.isStopped && $0.isBehind }) {
      do throws(StoreProblem) {
        try await writeOnce()
        tell(nil)
        (delay, isNew) = (delays.lowerBound, false)
      } catch {
        tell(error.failure)
        // One that is damaged as soon as it is new is the disk's fault: that is not tried without a rest.
        if case .damaged = error, !isNew {
          isNew = await beginAnew()
          if isNew { continue }
        }
        isNew = false
        if await !rest(delay) { delay = delays.lowerBound } else { delay = min(delay * 2, delays.upperBound) }
      }
    }
  }

  private func writeOnce() async throws(StoreProblem) {
    var changes: [StoreChange] = []
    let replaces = state.withLock { state in
      let lacksRecords = state.needsSnapshot || state.backlog.lacksRecords
      if lacksRecords { state.backlog.beginsAnew() }
      return lacksRecords
    }
    if replaces { changes = await snapshot() }
    let (backlog, target) = state.withLock { ($0.backlog.take(), $0.added) }
    do throws(StoreProblem) {
      try await store.write(changes + backlog, replacing: replaces)
    } catch .unfit(let failure) {
      try await writeSingly(changes, backlog, replacing: replaces, because: failure)
    } catch {
      state.withLock { state in
        state.needsSnapshot = state.needsSnapshot || replaces
        state.backlog.putBack(backlog)
      }
      throw error
    }
    state.withLock { state in
      if replaces { state.needsSnapshot = false }
      state.settled = max(state.settled, target)
    }
  }

  /// Writes what can be written where one change cannot, and which one is not known.
  private func writeSingly(
    _ snapshot: [StoreChange], _ backlog: [StoreChange], replacing: Bool, because reason: Failure
  ) async throws(StoreProblem) {
    tell(reason)
    do throws(StoreProblem) {
      if replacing { try await store.write([], replacing: true) }
      for change in snapshot + backlog {
        do throws(StoreProblem) {
          try await store.write([change])
        } catch .unfit {
          state.withLock { $0.refused += 1 }
        }
      }
    } catch {
      // What of it was written is written again, to the same effect.
      state.withLock { state in
        state.needsSnapshot = state.needsSnapshot || replacing
        state.backlog.putBack(backlog)
      }
      throw error
    }
  }

  /// Whether there is a new store.
  private func beginAnew() async -> Bool {
    do throws(StoreProblem) {
      let notice = try await store.reopen()
      state.withLock { $0.needsSnapshot = true }
      if let notice {
        tell(
          Failure(.badData, store.path, "was damaged: \(notice)", remedy: "check the disk that it lies on"))
      }
      return true
    } catch {
      tell(error.failure)
      return false
    }
  }

  /// Tells what has not been told yet.
  private func tell(_ problem: Failure?) {
    let isNews = state.withLock { state in
      defer { state.problem = problem }
      return state.problem != problem
    }
    if isNews { onProblem(problem) }
  }

  /// Waits for the next try; false if it is wanted at once.
  private func rest(_ delay: Duration) async -> Bool {
    let sleeper = Task<Void, Never> { try? await Task.sleep(for: delay) }
    let isWoken = state.withLock { state in
      state.sleeper = sleeper
      return state.isHurried || state.isStopped
    }
    if isWoken { sleeper.cancel() }
    await sleeper.value
    return state.withLock { state in
      defer { (state.isHurried, state.sleeper) = (false, nil) }
      return !state.isHurried
    }
  }
}

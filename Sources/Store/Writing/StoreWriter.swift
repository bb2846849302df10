import Synchronization
import Threads
import Vocabulary

/// Writes changes down in the background, in their order. Whoever hands them over never waits and never fails: what
/// cannot be written now is kept and tried again.
public final class StoreWriter: Sendable {
  private struct State {
    var backlog = Backlog()
    /// Sessions before their jobs, whatever is written alone.
    var isWriting = false
    var isStopped = false
    var added = 0
    var written = 0
    var store: Store
  }

  private let state: Mutex<State>
  private let directory: String
  private let onProblem: @Sendable (Failure?) -> Void
  private let onReopened: @Sendable (String) async -> [StoreChange]
  private let signals: AsyncStream<Void>
  private let signal: AsyncStream<Void>.Continuation

  private static let (firstDelay, longestDelay) = (Duration.seconds(1), Duration.seconds(60))

  /// - Parameters:
  ///   - directory: of the store's file.
  ///   - onProblem: is called once when writing begins to fail, and with nil when it is over.
  ///   - onReopened: is called where the store had to be begun anew, with what a person should know; gives all that it
  ///     must hold.
  public init(
    _ store: Store, directory: String, onProblem: @escaping @Sendable (Failure?) -> Void,
    onReopened: @escaping @Sendable (String) async -> [StoreChange]
  ) {
    state = Mutex(State(store: store))
    self.directory = directory
    self.onProblem = onProblem
    self.onReopened = onReopened
    (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// The one at work: another may take its place.
  public var store: Store { state.withLock { $0.store } }

  public func add(_ changes: [StoreChange]) {
    state.withLock { state in
      for change in changes { state.backlog.append(change) }
      state.added += 1
    }
    signal.yield()
  }

  /// Writes until it is stopped.
  public func run() async {
    var problem: Failure?
    var delay = Self.firstDelay
    for await _ in signals {
      while let (batch, number) = next() {
        do throws(Store.Problem) {
          try await store.apply(batch.all)
          state.withLock { $0.written = max($0.written, number) }
          if problem != nil { onProblem(nil) }
          (problem, delay) = (nil, Self.firstDelay)
        } catch {
          putBack(batch)
          if case .damaged = error { await reopen() }
          if problem == nil { onProblem(error.failure) }
          problem = error.failure
          if state.withLock({ $0.isStopped }) { return }
          try? await Task.sleep(for: delay)
          delay = min(delay * 2, Self.longestDelay)
        }
      }
      if state.withLock({ $0.isStopped }) { return }
    }
  }

  private func next() -> (Backlog, Int)? {
    state.withLock { state in
      guard !state.backlog.isEmpty else { return nil }
      defer { state.backlog = Backlog() }
      return (state.backlog, state.added)
    }
  }

  /// What was not written comes before what has come since.
  private func putBack(_ batch: Backlog) {
    state.withLock { state in
      var whole = batch
      for change in state.backlog.all { whole.append(change) }
      state.backlog = whole
    }
  }

  private func reopen() async {
    let directory = directory
    let opened: Result<(store: Store, notice: String?), Failure>? =
      (try? await onOwnThread(atMost: .seconds(60)) {
        Result { () throws(Failure) in try Store.open(in: directory) }
      }) ?? nil
    guard let (store, notice) = try? opened?.get() else { return }
    state.withLock { $0.store = store }
    var whole = Backlog()
    for change in await onReopened(notice ?? "the database was opened anew") { whole.append(change) }
    putBack(whole)
  }

  /// Waits until all that was added before is written.
  ///
  /// - Returns: whether it is.
  @discardableResult
  public func flush(atMost limit: Duration) async -> Bool {
    let wanted = state.withLock { $0.added }
    let deadline = SuspendingClock.now + limit
    while state.withLock({ $0.written < wanted }) {
      guard .now < deadline, (try? await Task.sleep(for: .milliseconds(2))) != nil else { return false }
    }
    return true
  }

  /// Has `run` end as soon as what waits is written, or cannot be.
  public func stop() {
    state.withLock { $0.isStopped = true }
    signal.yield()
  }
}

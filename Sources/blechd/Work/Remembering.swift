import Configuration
import FoundationEssentials
import Intake
import Logging
import Store
import SystemPackage
import Threads
import Vocabulary

/// The store as the daemon uses it: opened at the start, written to in the background.
struct Remembering: Sendable {
  let store: Store
  let writer: StoreWriter
  /// What an earlier run left.
  let stored: StoredState

  /// How long opening may take: it reads all of the file.
  private static let longestOpening = Duration.seconds(300)

  /// - Parameter snapshot: all that is to be in the store, for one that has lost it.
  /// - Throws: `Failure` where there can be no store.
  static func open(
    in state: StateDirectory, log: Logger, snapshot: @escaping @Sendable () async -> [StoreChange]
  ) async throws(Failure) -> Remembering {
    let opened: Result<(store: Store, notice: String?), Failure>? =
      (try? await onOwnThread(atMost: longestOpening) {
        Result { () throws(Failure) in try Store.open(in: state.path) }
      }) ?? nil
    guard let opened else {
      throw Failure(.temporary, state.path, "does not answer", remedy: "is its disk in order?")
    }
    let (store, notice) = try opened.get()
    if let notice {
      log.warning("\(notice); nothing is computed twice: the results are in the sessions' own files")
    }
    let stored = try await store.load()
    try await store.closeLostAttempts(at: Int64(Date.now.timeIntervalSince1970))
    try await reconcileRoots(in: state, store)
    let writer = StoreWriter(store, snapshot: snapshot) { problem in
      if let problem {
        log.error("what happens cannot be written down: \(problem); the work goes on, and it is tried again")
      } else {
        log.notice("what happens is written down again")
      }
    }
    return Remembering(store: store, writer: writer, stored: stored)
  }

  /// When roots were first watched is kept in two places: a loss of either must not make old sessions new, nor new ones
  /// old.
  private static func reconcileRoots(in state: StateDirectory, _ store: Store) async throws(Failure) {
    let register = RootRegister(in: state.path)
    let known = register.all
    let times = try await store.reconcileRoots(known)
    if times != known { try register.restore(times) }
  }

  /// What people had asked for and was not done yet; and what a commit may have left half done is looked at, whatever is
  /// remembered of it.
  var requests: [FilePath: SessionRequest] {
    stored.sessions.reduce(into: [:]) { requests, session in
      requests[FilePath(session.path)] =
        session.isRetraining ? .retrain : session.request ?? (session.phase == .committing ? .retry : nil)
    }
  }

  var recall: InspectionMemory.Recall {
    { [store] source, stamps in
      await store.recall(path: source.directory, key: InspectionKey(source).hex, stamps: stamps)
    }
  }

  var remember: InspectionMemory.Remember {
    { [store] source, inspection in
      await store.remember(inspection, path: source.directory, key: InspectionKey(source).hex)
    }
  }

  /// Forgets what is too old, or too much.
  func prune(_ history: Configuration.History) async {
    await store.prune(
      days: history.days, rows: history.rows, now: Int64(Date.now.timeIntervalSince1970))
  }
}

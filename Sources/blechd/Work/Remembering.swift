import Configuration
import FoundationEssentials
import Logging
import Store
import SystemPackage
import Threads
import Vocabulary

/// The store as the daemon uses it: opened at the start, written to in the background.
struct Remembering: Sendable {
  let writer: StoreWriter
  /// What an earlier run left.
  let stored: StoredState

  /// How long opening may take: it reads all of the file.
  private static let longestOpening = Duration.seconds(300)

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
    if let notice { log.warning("\(notice)") }
    let stored: StoredState
    do throws(Store.Problem) {
      stored = try await store.load()
      try await store.closeLostAttempts(at: Int64(Date.now.timeIntervalSince1970))
    } catch {
      throw error.failure
    }
    let writer = StoreWriter(
      store, directory: state.path,
      onProblem: { problem in
        if let problem {
          log.error(
            "what happens cannot be written down: \(problem); the work goes on, and it is tried again")
        } else {
          log.notice("what happens is written down again")
        }
      },
      onReopened: { notice in
        log.warning("\(notice)")
        return await snapshot()
      })
    return Remembering(writer: writer, stored: stored)
  }

  /// What people had asked for and was not done yet.
  var requests: [FilePath: SessionRequest] {
    stored.sessions.reduce(into: [:]) { requests, session in
      if let request = session.request { requests[FilePath(session.path)] = request }
    }
  }

  /// What inspections found, kept in the store.
  var inspections: InspectionMemory {
    InspectionMemory(
      recall: { [writer] in await writer.store.recall(path: $0, key: $1, stamps: $2) },
      remember: { [writer] in await writer.store.remember($0, path: $1, key: $2) })
  }

  /// Forgets now and then what is too old, or too much.
  func prune(_ history: Configuration.History) async {
    _ = try? await writer.store.prune(
      days: history.days, rows: history.rows, now: Int64(Date.now.timeIntervalSince1970))
  }
}

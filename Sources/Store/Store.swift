import GRDB
import Synchronization
import Threads
import Vocabulary

/// What is remembered over a restart: the queue, the history, and what was seen of sessions and roots. It lies in
/// `blechd.sqlite` in the state directory, on a local disk.
///
/// Nothing in it is the truth about a result, which is the session's .h5: without the store, nothing is computed twice.
public final class Store: Sendable {
  private enum Connection {
    case open(DatabaseQueue)
    /// Found damaged while it was in use.
    case damaged(DatabaseQueue, Failure)
    /// `isDamaged`: the file in place is still to be set aside.
    case closed(Failure, isDamaged: Bool)
  }

  private let file: StoreFile
  let bounds: StoreBounds
  private let connection: Mutex<Connection>

  /// Of the database.
  public var path: String { file.path }

  private init(_ file: StoreFile, _ database: DatabaseQueue, _ bounds: StoreBounds) {
    self.file = file
    self.bounds = bounds
    connection = Mutex(.open(database))
  }

  /// Opens the store of a state directory, which is made where it is missing. Blocks, for a second where the store is large.
  ///
  /// A database that is damaged, of something else, or of a newer blechd is set aside, and a new one is begun.
  ///
  /// - Returns: and what a person should know, if one was set aside.
  /// - Throws: `Failure` where the directory cannot be written.
  public static func open(in directory: String) throws(Failure) -> (store: Store, notice: String?) {
    try open(in: directory, bounds: StoreBounds())
  }

  static func open(
    in directory: String, bounds: StoreBounds
  ) throws(Failure) -> (store: Store, notice: String?) {
    let file = StoreFile(directory: directory)
    do throws(StoreProblem) {
      let (database, notice) = try file.open()
      return (Store(file, database, bounds), notice)
    } catch {
      throw error.failure
    }
  }

  /// Ends the use of the database; whatever is asked of it later fails.
  public func close() async {
    _ = await disconnect(Failure(.temporary, path, "is closed", remedy: "try again"))
  }

  func reading<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws(StoreProblem) -> Value {
    try await using { try await $0.read(body) }
  }

  /// In one transaction.
  func writing<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws(StoreProblem) -> Value {
    try await using { try await $0.write(body) }
  }

  /// In a task of its own: GRDB interrupts what a cancelled task has asked for, and what was begun is to be finished.
  private func using<Value: Sendable>(
    _ body: @escaping @Sendable (DatabaseQueue) async throws -> Value
  ) async throws(StoreProblem) -> Value {
    let database = try opened()
    let work = Task<Result<Value, StoreProblem>, Never> { [path] in
      do { return .success(try await body(database)) } catch {
        return .failure(StoreProblem(error, at: path))
      }
    }
    let result = await work.value
    if case .failure(.damaged(let failure)) = result { noteDamage(failure, of: database) }
    return try result.get()
  }

  private func opened() throws(StoreProblem) -> DatabaseQueue {
    let result: Result<DatabaseQueue, StoreProblem> = connection.withLock { connection in
      switch connection {
      case .open(let database): .success(database)
      case .damaged(_, let failure): .failure(.damaged(failure))
      case .closed(let failure, isDamaged: true): .failure(.damaged(failure))
      case .closed(let failure, isDamaged: false): .failure(.unavailable(failure))
      }
    }
    return try result.get()
  }

  private func noteDamage(_ failure: Failure, of damaged: DatabaseQueue) {
    connection.withLock {
      if case .open(let database) = $0, database === damaged { $0 = .damaged(database, failure) }
    }
  }
}

extension Store {
  /// Opens the database anew. One that was found damaged is set aside first.
  ///
  /// - Returns: what a person should know, if one was set aside.
  func reopen() async throws(StoreProblem) -> String? {
    let isDamaged = await disconnect(Failure(.temporary, path, "is being opened", remedy: "try again"))
    let file = file
    let result: Result<(DatabaseQueue, String?), StoreProblem> = await onThread { () throws(StoreProblem) in
      let (database, notice) = try file.open(isDamaged: isDamaged)
      return (database, notice)
    }
    switch result {
    case .success(let (database, notice)):
      connection.withLock { $0 = .open(database) }
      return notice
    case .failure(let problem):
      connection.withLock { $0 = .closed(problem.failure, isDamaged: isDamaged) }
      throw problem
    }
  }

  /// Closes the connection, if there is one; whether the file in place is damaged.
  private func disconnect(_ reason: Failure) async -> Bool {
    let (database, isDamaged): (DatabaseQueue?, Bool) = connection.withLock { connection in
      let current: (DatabaseQueue?, Bool) =
        switch connection {
        case .open(let database): (database, false)
        case .damaged(let database, _): (database, true)
        case .closed(_, let isDamaged): (nil, isDamaged)
        }
      connection = .closed(reason, isDamaged: current.1)
      return current
    }
    if let database {
      // One that does not close is let go with the process.
      _ = await onThread { () throws(StoreProblem) in try? database.close() }
    }
    return isDamaged
  }

  private func onThread<Value: Sendable>(
    _ body: @escaping @Sendable () throws(StoreProblem) -> Value
  ) async -> Result<Value, StoreProblem> {
    await withCheckedContinuation { continuation in
      do {
        try onOwnThread { continuation.resume(returning: Result(catching: body)) }
      } catch {
        let failure = Failure(.temporary, path, "no thread could be started: \(error)", remedy: "try again")
        continuation.resume(returning: .failure(.unavailable(failure)))
      }
    }
  }
}

/// How much is kept of what grows by itself.
struct StoreBounds: Sendable {
  /// Logs of attempts: that many, and of each its last bytes.
  var logs = 1000
  var logBytes = 64 << 10
  var inspections = 50_000
  /// Rows that one call of `prune` removes of one table.
  var pruned = 5000
}

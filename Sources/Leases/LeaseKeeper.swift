import FileAccess
import SystemPackage
import Threads
import Vocabulary

/// The leases that this process holds, each refreshed in time. Its waiting is done on threads of its own: a server that
/// is gone holds nobody up.
public actor LeaseKeeper {
  private let program: String
  private let process = ThisProcess()
  private let onLoss: @Sendable (String, Failure) -> Void
  private var leases: [String: LeaseHolder] = [:]
  /// Of those that are being taken.
  private var taking: Set<String> = []
  private var refreshing: Task<Void, Never>?

  /// How long one call on a directory may take.
  private static let longestCall = Duration.seconds(30)

  /// - Parameters:
  ///   - program: what others are told of this process: "blechd", "blechctl infer".
  ///   - onLoss: is called where somebody else has taken a lease that was ours.
  public init(program: String, onLoss: @escaping @Sendable (String, Failure) -> Void = { _, _ in }) {
    self.program = program
    self.onLoss = onLoss
  }

  /// Directories whose leases are held.
  public var held: [String] { leases.keys.sorted() }

  /// Takes the lease of a session's directory. What is held already is held still.
  ///
  /// - Throws: `Failure` with `.temporary` that says who has it, or that the directory does not answer; that of writing
  ///   where no file can be made there.
  public func take(_ directory: String) async throws(Failure) {
    guard leases[directory] == nil else { return }
    let (own, process) = (process.lease(program: program), process)
    // Two at once of one directory are told apart as well.
    taking.insert(own.nonce)
    defer { taking.remove(own.nonce) }
    let nonces = taking.union(leases.values.map(\.nonce))
    try await call(directory) { () throws(Failure) in
      try LeaseFile(in: Self.open(directory), process: process, nonces: nonces).take(own)
    }
    leases[directory] = own
    startRefreshing()
  }

  /// Gives it back, as far as that can be done: a lease that stays is stale with the end of this process.
  public func release(_ directory: String) async {
    guard let own = leases.removeValue(forKey: directory) else { return }
    let process = process
    try? await call(directory) { () throws(Failure) in
      do { try LeaseFile(in: try Self.open(directory), process: process, nonces: []).release(own) } catch let
        error
        as FileError
      {
        throw error.failure()
      } catch {}
    }
  }

  /// Removes the lease that a dead process of this machine has left. Blocks.
  public static func removeStale(in directory: String) {
    let process = ThisProcess()
    guard let place = try? OpenDirectory(at: directory) else { return }
    try? LeaseFile(in: place, process: process, nonces: []).removeStale(seenBy: process.lease(program: ""))
  }

  private static func open(_ directory: String) throws(Failure) -> OpenDirectory {
    do { return try OpenDirectory(at: directory) } catch { throw error.failure() }
  }

  private func call(
    _ directory: String, _ body: @escaping @Sendable () throws(Failure) -> Void
  ) async throws(Failure) {
    let result: Result<Void, Failure>?
    do throws(Errno) {
      result = try await onOwnThread(atMost: Self.longestCall) { Result { () throws(Failure) in try body() } }
    } catch {
      throw Failure(
        .temporary, directory, "no thread can be had to look at it: \(error)", remedy: "try again")
    }
    guard let result else {
      throw Failure(
        .temporary, directory, "does not answer within \(Self.longestCall)",
        remedy: "is its server, or its disk, in order?")
    }
    try result.get()
  }

  // MARK: Refreshing

  private func startRefreshing() {
    guard refreshing == nil else { return }
    refreshing = Task { [weak self] in
      while (try? await Task.sleep(for: LeaseFile.refreshInterval)) != nil {
        guard await self?.refreshAll() == true else { return }
      }
    }
  }

  /// Side by side: one that hangs must not make the others look abandoned.
  ///
  /// - Returns: whether there is anything left to refresh.
  private func refreshAll() async -> Bool {
    await withTaskGroup(of: Void.self) { group in
      for (directory, own) in leases { group.addTask { await self.refresh(directory, own) } }
    }
    if leases.isEmpty { refreshing = nil }
    return !leases.isEmpty
  }

  private func refresh(_ directory: String, _ own: LeaseHolder) async {
    let process = process
    let isOurs = try? await onOwnThread(atMost: Self.longestCall) {
      // What cannot be looked at now may be ours still.
      (try? LeaseFile(in: try Self.open(directory), process: process, nonces: []).refresh(own)) ?? true
    }
    guard isOurs == .some(.some(false)), leases[directory] == own else { return }
    leases[directory] = nil
    onLoss(
      directory,
      Failure(
        .temporary, directory,
        "its lease was taken by somebody else, as this process did not refresh it in time",
        remedy: "is its server slow?"))
  }

  deinit { refreshing?.cancel() }
}

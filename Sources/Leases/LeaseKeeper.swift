import FileAccess
import Threads
import Vocabulary

/// A session that nobody else works on.
public struct Lease: Equatable, Sendable {
  public let directory: String
  /// Of the file system that holds it.
  public let freeBytes: Int
}

/// Takes the leases of sessions for one program, keeps them alive, and gives them back.
///
/// A lease is the file `.blechd-lease` in the session's directory. Whoever comes second is told who holds it. What
/// blocks runs on threads of its own: a server that hangs holds nobody else up.
public actor LeaseKeeper {
  private enum Standing {
    /// On its way, in a call that may never come back.
    case taking
    case held(HeldLease, refreshed: ContinuousClock.Instant)
    /// Not wanted any more, and still there.
    case releasing(HeldLease)
  }

  private let program: String
  private let times: LeaseTimes
  private var leases: [String: Standing] = [:]
  private var isRefreshing = false

  /// Directories whose lease was lost: somebody else may work on them now. The latest 256 that nobody has read.
  public nonisolated let lost: AsyncStream<String>
  private let losing: AsyncStream<String>.Continuation

  /// How many leases a program holds at most; those that hang count.
  private static let most = 256
  /// How many are refreshed at once.
  private static let mostAtOnce = 16

  /// - Parameter program: as whoever comes second is told it: `blechd`, `blechctl infer`.
  public init(program: String) { self.init(program: program, times: LeaseTimes()) }

  init(program: String, times: LeaseTimes) {
    self.program = program
    self.times = times
    (lost, losing) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(256))
  }

  /// The directories whose leases are held now.
  public var held: [String] {
    leases.compactMap { if case .held = $0.value { $0.key } else { nil } }.sorted()
  }

  /// Takes the lease of a session.
  ///
  /// - Throws: `Failure`: `.temporary` where somebody else has it, which names them, or the file system does not answer;
  ///   that of writing where no file can be written there.
  public func take(_ directory: String) async throws(Failure) -> Lease {
    if case .releasing = leases[directory] { await release(directory) }
    guard leases[directory] == nil, leases.count < Self.most else {
      throw Failure(
        .temporary, directory,
        leases[directory] == nil
          ? "is one session too many at once" : "is being worked on by this process, or does not answer",
        remedy: "try again")
    }
    leases[directory] = .taking
    let taken = await takeOnThread(directory)
    guard let taken else {
      if Task.isCancelled { throw .interruption(of: directory) }
      throw Failure(
        .temporary, directory, "does not answer", remedy: "check the disk or the server, and try again")
    }
    do throws(Failure) {
      let (lease, freeBytes) = try taken.get()
      leases[directory] = .held(lease, refreshed: .now)
      keepRefreshing()
      return Lease(directory: directory, freeBytes: freeBytes)
    } catch {
      leases[directory] = nil
      throw error
    }
  }

  /// Nil where it does not come back in time. If it does so later, it is undone.
  private func takeOnThread(
    _ directory: String
  ) async -> Result<(lease: HeldLease, freeBytes: Int), Failure>? {
    let handover = Handover<Result<(lease: HeldLease, freeBytes: Int), Failure>>()
    let (program, times) = (program, times)
    do {
      _ = try await onOwnThread(atMost: times.longestWait) {
        let result = Result { () throws(Failure) in
          try HeldLease.take(directory, for: program, staleAfter: times.staleAfter)
        }
        guard !handover.give(result) else { return }
        if case .success(let taken) = result { taken.lease.releaseNow() }
        Task { await self.forget(directory) }
      }
    } catch {
      return .failure(
        Failure(.temporary, directory, "gets no thread of its own: \(error)", remedy: "try again"))
    }
    return handover.take()
  }

  /// What did not come back has done so.
  private func forget(_ directory: String) {
    if case .taking = leases[directory] { leases[directory] = nil }
  }

  /// Gives the lease of a session back, if it is still ours. What cannot be given back now is tried again.
  public func release(_ directory: String) async {
    let lease: HeldLease
    switch leases[directory] {
    case .held(let held, _), .releasing(let held): lease = held
    case .taking, nil: return
    }
    leases[directory] = .releasing(lease)
    apply(await lease.release(atMost: times.longestWait), to: lease)
  }

  /// Gives every lease back.
  public func releaseAll() async {
    await withTaskGroup { group in
      for directory in leases.keys { group.addTask { await self.release(directory) } }
    }
  }

  /// Looks whether the lease of a session is still ours, before something is done that cannot be undone.
  ///
  /// - Throws: `Failure` with `.temporary` where it was lost, or is not held.
  public func confirm(_ directory: String) async throws(Failure) {
    guard case .held(let lease, _) = leases[directory] else { throw Self.loss(of: directory) }
    let attempt = await lease.refresh(atMost: times.longestWait)
    apply(attempt, to: lease)
    if case .lost(let failure) = attempt { throw failure }
    guard case .held(let current, _) = leases[directory], current === lease else {
      throw Self.loss(of: directory)
    }
  }

  private static func loss(of directory: String) -> Failure {
    Failure(
      .temporary, directory, "may be worked on by another program now: its lease was not refreshed in time",
      remedy: "try again")
  }

  // MARK: Refreshing

  /// One loop for all, for as long as there are any.
  private func keepRefreshing() {
    guard !isRefreshing else { return }
    isRefreshing = true
    Task { [weak self, interval = times.refreshInterval] in
      repeat { try? await Task.sleep(for: interval) } while await self?.refreshAll() == true
    }
  }

  /// Whether there are any.
  private func refreshAll() async -> Bool {
    let times = times
    await withTaskGroup(of: (HeldLease, HeldLease.Attempt).self) { group in
      var waiting = Array(leases.values)[...]
      func startNext() {
        while let standing = waiting.popFirst() {
          switch standing {
          case .taking: continue
          case .held(let lease, _):
            group.addTask { (lease, await lease.refresh(atMost: times.longestWait)) }
          case .releasing(let lease):
            group.addTask { (lease, await lease.release(atMost: times.longestWait)) }
          }
          return
        }
      }
      for _ in 0..<Self.mostAtOnce { startNext() }
      while let (lease, attempt) = await group.next() {
        apply(attempt, to: lease)
        startNext()
      }
    }
    isRefreshing = !leases.isEmpty
    return isRefreshing
  }

  /// - Parameter lease: another may have come in its place meanwhile.
  private func apply(_ attempt: HeldLease.Attempt, to lease: HeldLease) {
    switch (leases[lease.directory], attempt) {
    case (.releasing(let current), .done) where current === lease: leases[lease.directory] = nil
    case (.held(let current, _), .done) where current === lease:
      leases[lease.directory] = .held(lease, refreshed: .now)
    case (.held(let current, _), .lost) where current === lease: lose(lease)
    case (.held(let current, let refreshed), .failed) where current === lease:
      // Others may take it over from now on.
      if .now - refreshed > times.staleAfter { lose(lease) }
    default: break
    }
  }

  private func lose(_ lease: HeldLease) {
    leases[lease.directory] = nil
    losing.yield(lease.directory)
  }
}

extension LeaseKeeper {
  /// Removes the lease of a process of this host that has ended: what a starting daemon finds of its predecessor in the
  /// sessions that it was working on. Any other stays.
  public static func removeStale(in directory: String) async {
    _ = try? await onOwnThread(atMost: LeaseTimes().longestWait) {
      guard let open = try? OpenDirectory(at: directory) else { return }
      try? LeaseFile(directory: open, staleAfter: LeaseTimes().staleAfter).removeOfEndedProcess()
    }
  }
}

/// How long things take.
struct LeaseTimes: Sendable {
  /// Twice a minute, so that a server that is away for a moment does no harm.
  var refreshInterval = Duration.seconds(30)
  /// A lease of another host that was not refreshed for longer does not count any more.
  var staleAfter = Duration.seconds(600)
  /// How long a file system may take to answer.
  var longestWait = Duration.seconds(20)
}

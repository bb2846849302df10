import FileAccess
import Synchronization
import Threads
import Vocabulary

/// A lease that this process has taken. Its directory stays open, so that it is found again when it gets another name.
final class HeldLease: Sendable {
  let directory: String
  private let file: LeaseFile
  private let record: LeaseRecord
  /// Whether a thread is at work on it, perhaps in a call that never comes back: one at a time is enough.
  private let isAtWork = Atomic(false)
  /// Whether it was to be given back: a refresh that was under way then, and finds no lease, does not take it again.
  private let isOver = Atomic(false)

  private init(_ file: LeaseFile, _ record: LeaseRecord, directory: String) {
    (self.file, self.record, self.directory) = (file, record, directory)
  }

  /// Takes the lease of a directory. May block.
  ///
  /// - Returns: the lease, and the free bytes of the file system.
  static func take(
    _ directory: String, for program: String, staleAfter: Duration
  ) throws(Failure) -> (lease: HeldLease, freeBytes: Int) {
    try describing { () throws(FileError) -> Result<(lease: HeldLease, freeBytes: Int), Failure> in
      let open = try OpenDirectory(at: directory)
      let freeBytes = try open.freeBytes()
      let file = LeaseFile(directory: open, staleAfter: staleAfter)
      let record = LeaseRecord(program: program)
      if case .held(let content) = try file.take(record) {
        return .failure(Failure(directory, heldBy: content))
      }
      return .success((HeldLease(file, record, directory: directory), freeBytes))
    }.get()
  }

  private static func describing<Value>(_ body: () throws(FileError) -> Value) throws(Failure) -> Value {
    do throws(FileError) { return try body() } catch { throw error.failure() }
  }

  /// What became of an attempt at a lease that is held.
  enum Attempt: Sendable {
    case done
    /// Somebody else has taken it over.
    case lost(Failure)
    /// It failed for now, or does not come back.
    case failed
  }

  func refresh(atMost limit: Duration) async -> Attempt {
    await onThread(atMost: limit) {
      if self.isOver.load(ordering: .acquiring) { return .done }
      return switch try? self.file.refresh(self.record) {
      case .ours: .done
      case .lost(let content): .lost(Failure(self.directory, heldBy: content))
      case nil: .failed
      }
    }
  }

  func release(atMost limit: Duration) async -> Attempt {
    await onThread(atMost: limit) { self.releaseNow() }
  }

  /// May block.
  @discardableResult
  func releaseNow() -> Attempt {
    isOver.store(true, ordering: .releasing)
    return (try? file.release(record)) == nil ? .failed : .done
  }

  /// Whoever waits may be cancelled; the lease is seen to all the same.
  private func onThread(atMost limit: Duration, _ body: @escaping @Sendable () -> Attempt) async -> Attempt {
    await Task {
      guard await claim(until: .now + limit) else { return .failed }
      do {
        return try await onOwnThread(atMost: limit) {
          defer { self.isAtWork.store(false, ordering: .releasing) }
          return body()
        } ?? .failed
      } catch {
        isAtWork.store(false, ordering: .releasing)
        return .failed
      }
    }.value
  }

  /// Waits for the thread that is at work, if one is; whether this one may.
  private func claim(until deadline: SuspendingClock.Instant) async -> Bool {
    var isClaimed = false
    await lookingAgain(until: deadline) {
      isClaimed = isAtWork.exchange(true, ordering: .acquiringAndReleasing) == false
      return isClaimed
    }
    return isClaimed
  }
}

extension Failure {
  /// Somebody else works on the session.
  init(_ directory: String, heldBy content: LeaseContent) {
    self.init(
      .temporary, directory, "is being worked on by \(content.holder)",
      remedy: "wait for that to end, and try again")
  }
}

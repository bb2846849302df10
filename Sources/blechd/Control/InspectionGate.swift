import Synchronization
import Threads

/// A gate for each watched folder, by its path: what hangs in one keeps nobody waiting in another.
final class InspectionGates: Sendable {
  private let places: Int
  private let gates = Mutex<[String: InspectionGate]>([:])

  init(places: Int) { self.places = places }

  func gate(of folder: String) -> InspectionGate {
    gates.withLock { gates in
      let gate = gates[folder] ?? InspectionGate(places: places)
      gates[folder] = gate
      return gate
    }
  }
}

/// Lets in so many at a time; the others wait in the order in which they came.
///
/// What people ask through the socket must not start more workers than the machine can bear.
actor InspectionGate {
  private var free: Int
  private var waiting: [(id: Int, continuation: CheckedContinuation<Bool, Never>)] = []
  private var count = 0

  init(places: Int) { free = places }

  /// What `body` gives, or nil where it has not had its turn and come to its end in time, or nobody waits for it any
  /// more. It is cancelled then, and keeps its place until it has really ended: what hangs must not make room for more.
  func run<Result: Sendable>(
    atMost limit: Duration, _ body: @escaping @Sendable () async -> Result
  ) async -> Result? {
    let result: Result?? = await abandoning(after: limit) {
      guard await self.enter() else { return nil }
      let result = await body()
      await self.leave()
      return result
    }
    return result ?? nil
  }

  /// - Returns: false where the task was cancelled before its turn came.
  private func enter() async -> Bool {
    if free > 0 {
      free -= 1
      return true
    }
    count += 1
    let id = count
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if Task.isCancelled { return continuation.resume(returning: false) }
        waiting.append((id, continuation))
      }
    } onCancel: {
      Task { await self.giveUp(id) }
    }
  }

  private func leave() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().continuation.resume(returning: true) }
  }

  private func giveUp(_ id: Int) {
    guard let index = waiting.firstIndex(where: { $0.id == id }) else { return }
    waiting.remove(at: index).continuation.resume(returning: false)
  }
}

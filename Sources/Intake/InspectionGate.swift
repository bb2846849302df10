/// Lets in so many at a time; the others wait in the order in which they came.
///
/// What people ask through the socket must not start more workers than the machine can bear.
public actor InspectionGate {
  private var free: Int
  private var waiting: [(id: Int, continuation: CheckedContinuation<Bool, Never>)] = []
  private var count = 0

  public init(places: Int) { free = places }

  /// - Returns: nil where the task was cancelled before its turn came.
  public func run<Result: Sendable>(_ body: @Sendable () async -> Result) async -> Result? {
    if free > 0 { free -= 1 } else if await !turn() { return nil }
    let result = await body()
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().continuation.resume(returning: true) }
    return result
  }

  private func turn() async -> Bool {
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

  private func giveUp(_ id: Int) {
    guard let index = waiting.firstIndex(where: { $0.id == id }) else { return }
    waiting.remove(at: index).continuation.resume(returning: false)
  }
}

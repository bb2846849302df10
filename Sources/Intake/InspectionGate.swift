/// Lets in so many at a time; the others wait in the order in which they came.
///
/// What people ask through the socket must not start more workers than the machine can bear.
public actor InspectionGate {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  public init(places: Int) { free = places }

  public func run<Result: Sendable>(_ body: @Sendable () async -> Result) async -> Result {
    if free > 0 { free -= 1 } else { await withCheckedContinuation { waiting.append($0) } }
    let result = await body()
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    return result
  }
}

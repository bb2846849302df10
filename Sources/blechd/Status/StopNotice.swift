import ServiceLifecycle
import Synchronization

/// The service that ends first: whoever reports knows from then on that the daemon stops, while others end their work.
final class StopNotice: Service {
  private let isGiven = Atomic(false)
  private let onStop: @Sendable () -> Void

  /// - Parameter onStop: is called as soon as the stop begins.
  init(onStop: @escaping @Sendable () -> Void) { self.onStop = onStop }

  /// Whether the stop has begun.
  var hasBegun: Bool { isGiven.load(ordering: .relaxed) }

  func run() async throws {
    // Where the daemon is not asked to stop but fails, it ends as well.
    try? await gracefulShutdown()
    isGiven.store(true, ordering: .relaxed)
    onStop()
  }
}

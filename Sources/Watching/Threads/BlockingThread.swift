import Glibc
import Synchronization

/// A thread for calls that may block for as long as they like: Swift's own threads must not.
final class BlockingThread: Sendable {
  private let hasEnded = Atomic(false)

  /// Room for the stack, in bytes: nothing here recurses.
  private static let stackBytes = 512 << 10

  /// - Parameter body: runs on the thread; its end is the thread's.
  init(_ body: @escaping @Sendable () -> Void) {
    let argument = unsafe Unmanaged.passRetained(Argument(body: body, thread: self)).toOpaque()
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    unsafe pthread_attr_setstacksize(&attributes, Self.stackBytes)
    unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    let status = unsafe pthread_create(
      &thread, &attributes,
      { argument in
        let argument = unsafe Unmanaged<Argument>.fromOpaque(argument!).takeRetainedValue()
        argument.body()
        argument.thread.hasEnded.store(true, ordering: .releasing)
        return nil
      }, argument)
    precondition(status == 0, "a process can have another thread")
    unsafe pthread_attr_destroy(&attributes)
  }

  private final class Argument: Sendable {
    let body: @Sendable () -> Void
    let thread: BlockingThread

    init(body: @escaping @Sendable () -> Void, thread: BlockingThread) {
      self.body = body
      self.thread = thread
    }
  }

  /// Waits until the thread has ended, but no longer than until `deadline`: it may hang in a call that never returns.
  func join(until deadline: Moment) async {
    while !hasEnded.load(ordering: .acquiring), Moment.now < deadline {
      try? await Task.sleep(for: .milliseconds(5))
    }
  }
}

import Glibc
import SystemPackage

/// Runs `body` on a thread of its own, which may block: Swift's few threads must not.
///
/// - Throws: `Errno` where the system gives no thread.
package func onOwnThread(_ body: @escaping @Sendable () -> Void) throws(Errno) {
  final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  let box = unsafe Unmanaged.passRetained(Box(body))
  var thread = pthread_t()
  let result = unsafe pthread_create(
    &thread, nil,
    { argument in
      unsafe Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue().body()
      return nil
    }, box.toOpaque())
  guard result == 0 else {
    unsafe box.release()
    throw Errno(rawValue: result)
  }
  pthread_detach(thread)
}

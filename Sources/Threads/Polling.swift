import Glibc

/// Waits until one of the descriptors is ready or `deadline` has come; their `revents` say what for. A signal
/// may end the wait early.
package func poll(_ descriptors: inout [pollfd], until deadline: ContinuousClock.Instant?) {
  var milliseconds: Int32 = -1
  if let deadline {
    let (seconds, attoseconds) = (deadline - .now).components
    // Rounded up: a wait that ends too early would be repeated until the time has come.
    let wait = seconds.multipliedReportingOverflow(by: 1000)
    let parts = attoseconds / 1_000_000_000_000_000 + 1
    milliseconds = wait.overflow ? .max : Int32(clamping: max(0, wait.partialValue + parts))
  }
  let ready = unsafe Glibc.poll(&descriptors, nfds_t(descriptors.count), milliseconds)
  if ready <= 0 { for index in descriptors.indices { descriptors[index].revents = 0 } }
}

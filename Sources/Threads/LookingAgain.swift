/// Waits until `holds`, but no longer than until `deadline`, nor than this task is wanted.
package func lookingAgain(until deadline: SuspendingClock.Instant, _ holds: () -> Bool) async {
  while !holds(), .now < deadline {
    guard (try? await Task.sleep(for: .milliseconds(5))) != nil else { return }
  }
}

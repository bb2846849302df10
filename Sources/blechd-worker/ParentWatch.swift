import Glibc
import Synchronization
import Vocabulary

/// Ends this process when its parent closes stdin, which is how a parent's death shows, except while
/// something is being written that must be finished.
enum ParentWatch {
  private enum State: UInt8, AtomicRepresentable {
    case interruptible
    case uninterruptible
    case ending
  }

  private static let state = Atomic(State.interruptible)

  static func start() {
    var thread = pthread_t()
    let status = unsafe pthread_create(
      &thread, nil,
      { _ in
        ParentWatch.waitForEndOfInput()
        return nil
      }, nil)
    precondition(status == 0, "a process can have a second thread")
    pthread_detach(thread)
  }

  private static func waitForEndOfInput() {
    var byte: UInt8 = 0
    while true {
      let count = unsafe read(STDIN_FILENO, &byte, 1)
      if count > 0 || (count < 0 && errno == EINTR) { continue }
      break
    }
    guard moved(to: .ending) else { return }
    // The whole of it, ourselves included: nobody is left to see how we end.
    if endsGroup.load(ordering: .sequentiallyConsistent), getpgrp() == getpid() { kill(0, SIGKILL) }
    _exit(ExitCode.interrupted.rawValue)
  }

  /// From now on other processes of this group end with us when the parent is gone.
  static func endGroupWithParent() { endsGroup.store(true, ordering: .sequentiallyConsistent) }

  private static let endsGroup = Atomic(false)

  /// Runs `body` to its end, whatever happens to the parent; signals that ask it to end wait as well. It is the last
  /// thing that a process does.
  static func uninterrupted<Result>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    for number in [SIGTERM, SIGINT, SIGHUP, SIGXCPU, SIGXFSZ] { signal(number, SIG_IGN) }
    guard moved(to: .uninterruptible) else {
      throw Failure.interruption(of: "blechd-worker")
    }
    return try body()
  }

  private static func moved(to next: State) -> Bool {
    state.compareExchange(expected: .interruptible, desired: next, ordering: .sequentiallyConsistent)
      .exchanged
  }
}

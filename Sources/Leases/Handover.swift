import Synchronization

/// How a thread gives its result to whoever may have stopped waiting for it.
final class Handover<Value: Sendable>: Sendable {
  private enum State {
    case awaited
    case given(Value)
    case abandoned
  }

  private let state = Mutex(State.awaited)

  /// Whether it was still wanted.
  func give(_ value: Value) -> Bool {
    state.withLock { state in
      if case .abandoned = state { return false }
      state = .given(value)
      return true
    }
  }

  /// What was given, or nil: then nothing can be given any more.
  func take() -> Value? {
    state.withLock { state in
      if case .given(let value) = state { return value }
      state = .abandoned
      return nil
    }
  }
}

import Vocabulary

/// The daemon's side of the conversation with one client, without its socket: it is told what came and what
/// time it is, and says what is to be read, written and closed.
///
/// One request at a time: while one is being answered nothing is read. A line that is no request is answered
/// with a failure, and the connection goes on; one that is too long, late or cut off is answered with a
/// failure too, and then the connection ends, since what follows cannot be told apart from the rest of it.
struct ClientConnection: Sendable {
  typealias Instant = ContinuousClock.Instant

  enum State: Equatable, Sendable {
    /// The next request has not come to its end.
    case listening(until: Instant)
    /// A request is with the handler.
    case answering(until: Instant)
    /// `rest` is not yet written.
    case writing(rest: ArraySlice<UInt8>, until: Instant, next: Next)
    case closed
  }

  /// What follows a response.
  enum Next: Sendable { case listens, closes }

  private(set) var state: State
  private var input = LineBuffer()
  private var inputHasEnded = false
  private let limits: ControlLimits

  init(_ limits: ControlLimits, at now: Instant) {
    self.limits = limits
    state = .listening(until: now + limits.requestTime)
  }

  // MARK: What is to be done

  var wantsInput: Bool { if case .listening = state { !inputHasEnded } else { false } }

  var isAnswering: Bool { if case .answering = state { true } else { false } }

  /// What is to be written now, possibly in several turns.
  var output: ArraySlice<UInt8> { if case .writing(let rest, _, _) = state { rest } else { [] } }

  /// When `elapse` has something to do.
  var deadline: Instant? {
    switch state {
    case .listening(let until), .answering(let until), .writing(_, let until, _): until
    case .closed: nil
    }
  }

  // MARK: What happens

  /// Input came; more than one request is kept for later.
  mutating func receive(_ bytes: [UInt8]) { input.append(bytes) }

  /// The client has sent all that it wants to; it may still read.
  mutating func receiveEnd() { inputHasEnded = true }

  /// The line of a request to be handled now, if one is whole. To be asked after all that happens.
  mutating func nextRequest(at now: Instant) -> [UInt8]? {
    guard case .listening = state else { return nil }
    let line = input.takeLine()
    if let line, line.count <= limits.requestBytes {
      state = .answering(until: now + limits.handlingTime)
      return line
    }
    if line != nil || input.count > limits.requestBytes {
      end("is longer than \(limits.requestBytes) bytes", at: now)
    } else if inputHasEnded, input.count > 0 {
      end("ends without the end of its line", at: now)
    } else if inputHasEnded {
      state = .closed
    }
    return nil
  }

  /// The response to the request that was handed out, with its line's end. One that comes too late is
  /// dropped.
  mutating func answer(_ line: [UInt8], at now: Instant) {
    guard isAnswering else { return }
    state = .writing(rest: line[...], until: now + limits.readingTime, next: .listens)
  }

  /// The first `count` bytes of `output` are written.
  mutating func wrote(_ count: Int, at now: Instant) {
    guard case .writing(let rest, let until, let next) = state else { return }
    let later = rest.dropFirst(count)
    switch next {
    case _ where !later.isEmpty: state = .writing(rest: later, until: until, next: next)
    case .listens: state = .listening(until: now + limits.requestTime)
    case .closes: state = .closed
    }
  }

  /// Time has passed.
  mutating func elapse(to now: Instant) {
    guard let deadline, now >= deadline else { return }
    switch state {
    case .listening where input.count > 0: end("is not whole within \(limits.requestTime)", at: now)
    case .answering: end("is not answered within \(limits.handlingTime)", .temporary, at: now)
    case .listening, .writing, .closed: state = .closed
    }
  }

  /// The client is gone.
  mutating func disconnect() { state = .closed }

  /// Says why, and closes.
  private mutating func end(_ what: String, _ code: ExitCode = .usage, at now: Instant) {
    let failure = Failure(code, "request", what, remedy: code == .temporary ? "try again" : "")
    let line = ControlResponse.failed(failure).line()
    state = .writing(rest: line[...], until: now + limits.readingTime, next: .closes)
  }
}

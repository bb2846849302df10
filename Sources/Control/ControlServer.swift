import Glibc
import Synchronization
import SystemPackage
import Threads
import Vocabulary

/// The daemon's control socket: one JSON document on each line, a request from the client, then the response.
///
/// Its own thread does all that concerns sockets; each request is handled in a task. What a client may cost
/// is bounded by `ControlLimits`.
public final class ControlServer: Sendable {
  /// Answers a request of `Peer` with a JSON document, or says why not; authority is its to judge.
  ///
  /// It is cancelled where it takes longer than a minute, and at the server's stop, but not when its client
  /// goes away: what a person has asked for is done.
  public typealias Handler = @Sendable (ControlRequest, Peer) async -> Result<[UInt8], Failure>

  private enum State {
    case idle
    case serving(Mailbox, whoWaits: [CheckedContinuation<Void, Never>])
  }

  private let path: String
  private let mode: mode_t
  private let limits: ControlLimits
  private let handler: Handler
  private let state = Mutex(State.idle)

  /// - Parameter mode: of the socket's file; whoever may write to it may connect.
  public convenience init(path: String, mode: mode_t = 0o666, handler: @escaping Handler) {
    self.init(path: path, mode: mode, limits: ControlLimits(), handler: handler)
  }

  init(path: String, mode: mode_t = 0o666, limits: ControlLimits, handler: @escaping Handler) {
    self.path = path
    self.mode = mode
    self.limits = limits
    self.handler = handler
  }

  /// Returns once clients can connect. The server then lives until it is stopped.
  ///
  /// - Throws: `.usage` where the path cannot be a socket's, `.temporary` where a daemon listens there,
  ///   `.cannotWrite` or `.notPermitted`.
  public func start() throws(Failure) {
    try state.withLock { state throws(Failure) in
      guard case .idle = state else {
        throw Failure(.internalError, path, "is served already", remedy: "please report this")
      }
      let listener = try ListeningSocket(at: UnixAddress(path: path), mode: mode)
      do throws(Errno) {
        let mailbox = try Mailbox()
        try onOwnThread { [self] in
          ServerLoop(listener: listener.socket, mailbox: mailbox, limits: limits, handler: handler).run()
          listener.removeFile()
          end()
        }
        state = .serving(mailbox, whoWaits: [])
      } catch {
        listener.removeFile()
        throw Failure(error, path, "cannot be served")
      }
    }
  }

  /// Closes all connections and removes the socket's file; returns when the thread has ended. Handlers that
  /// are still at work are cancelled, and not waited for.
  public func stop() async {
    await withCheckedContinuation { continuation in
      let isIdle = state.withLock { state in
        guard case .serving(let mailbox, let whoWaits) = state else { return true }
        state = .serving(mailbox, whoWaits: whoWaits + [continuation])
        mailbox.stop()
        return false
      }
      if isIdle { continuation.resume() }
    }
  }

  /// The thread's last act.
  private func end() {
    let whoWaits = state.withLock { state in
      guard case .serving(_, let whoWaits) = state else { return [CheckedContinuation<Void, Never>]() }
      state = .idle
      return whoWaits
    }
    for continuation in whoWaits { continuation.resume() }
  }
}

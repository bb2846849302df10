import CLinux
import FileAccess
import Glibc
import Threads
import Vocabulary

/// What the server's thread does: moves bytes between the sockets and the clients' connections, and hands
/// whole requests to tasks. Nothing here blocks but the one poll.
final class ServerLoop {
  typealias Handler = @Sendable (ControlRequest, Peer) async -> Result<[UInt8], Failure>
  typealias Instant = ContinuousClock.Instant

  private struct Client {
    let peer: Peer
    var connection: ClientConnection
    /// nil once the connection is closed.
    var socket: Socket?
    /// Until it ends the client keeps its place, even if it is gone: places bound the handlers.
    var handler: Task<Void, Never>?
  }

  private let listener: Socket
  private let mailbox: Mailbox
  private let limits: ControlLimits
  private let handler: Handler

  private var clients: [Int: Client] = [:]
  private var nextClient = 0
  /// Nobody is let in before, because the system had no descriptor left.
  private var acceptsFrom: Instant?

  /// Most bytes that one client gets or sends before the others get their turn.
  private static let (readBytes, writeBytes) = (16 << 10, 256 << 10)
  private let daemon = geteuid()

  init(listener: Socket, mailbox: Mailbox, limits: ControlLimits, handler: @escaping Handler) {
    self.listener = listener
    self.mailbox = mailbox
    self.limits = limits
    self.handler = handler
  }

  /// Serves until the mailbox says stop. Handlers that are still at work are cancelled, and not waited for.
  func run() {
    while true {
      let ready = waitForEvents()
      let letters = mailbox.take()
      if letters.isStopped { break }
      for response in letters.responses { deliver(response) }
      for (id, events) in ready.clients { transfer(id, events) }
      if ready.isListenerReady { acceptClients() }
      expire()
    }
    for client in clients.values { client.handler?.cancel() }
  }

  // MARK: Waiting

  private func waitForEvents() -> (isListenerReady: Bool, clients: [(Int, Int16)]) {
    if let acceptsFrom, acceptsFrom <= .now { self.acceptsFrom = nil }
    // A negative descriptor is passed over.
    let listening = acceptsFrom == nil ? listener.descriptor : -1
    var descriptors = [pollfd(mailbox.descriptor, POLLIN), pollfd(listening, POLLIN)]
    var polled: [Int] = []
    for (id, client) in clients {
      guard let socket = client.socket else { continue }
      // Without any events, poll still tells when the client goes.
      let events = client.connection.wantsInput ? POLLIN : client.connection.output.isEmpty ? 0 : POLLOUT
      descriptors.append(pollfd(socket.descriptor, events))
      polled.append(id)
    }
    let deadlines = clients.values.compactMap { $0.socket == nil ? nil : $0.connection.deadline }
    poll(&descriptors, until: (deadlines + [acceptsFrom].compactMap { $0 }).min())
    let events = zip(polled, descriptors.dropFirst(2).map(\.revents)).filter { $0.1 != 0 }
    return (descriptors[1].revents != 0, events)
  }

  // MARK: Letting in

  private func acceptClients() {
    for _ in 0..<limits.acceptsPerTurn {
      let descriptor = retried { clinux_accept(listener.descriptor) }
      if descriptor >= 0 {
        admit(Socket(taking: descriptor))
      } else if errno == EAGAIN {
        return
      } else if errno != ECONNABORTED {
        // No descriptor or no memory left. Whoever waits keeps waiting; asking on would only burn time.
        acceptsFrom = .now + limits.acceptPause
        return
      }
    }
  }

  private func admit(_ socket: Socket) {
    guard let peer = try? Peer(of: socket) else { return }
    let refusal = limits.refusal(of: peer.uid, beside: clients.values.map(\.peer.uid), daemon: daemon)
    if let refusal {
      // A new socket has room for a line.
      _ = socket.send(ControlResponse.failed(refusal).line()[...])
      return
    }
    clients[nextClient] = Client(peer: peer, connection: ClientConnection(limits, at: .now), socket: socket)
    nextClient += 1
  }

  // MARK: Bytes

  private func transfer(_ id: Int, _ events: Int16) {
    guard let client = clients[id], let socket = client.socket else { return }
    if client.connection.wantsInput {
      switch socket.receive(atMost: Self.readBytes) {
      case .bytes(let bytes): clients[id]?.connection.receive(bytes)
      case .end: clients[id]?.connection.receiveEnd()
      case .nothingYet: break
      case .failed: clients[id]?.connection.disconnect()
      }
    } else if events & Int16(POLLHUP | POLLERR | POLLNVAL) != 0 {
      clients[id]?.connection.disconnect()
    } else if events & Int16(POLLOUT) != 0 {
      switch socket.send(client.connection.output.prefix(Self.writeBytes)) {
      case .bytes(let count): clients[id]?.connection.wrote(count, at: .now)
      case .noRoomYet: break
      case .failed: clients[id]?.connection.disconnect()
      }
    }
    settle(id)
  }

  private func expire() {
    for id in clients.keys {
      guard let wasAnswering = clients[id]?.connection.isAnswering else { continue }
      clients[id]?.connection.elapse(to: .now)
      if wasAnswering, clients[id]?.connection.isAnswering == false, clients[id]?.socket != nil {
        clients[id]?.handler?.cancel()
      }
      settle(id)
    }
  }

  // MARK: Requests and responses

  /// Starts on the next request if there is one, and lets go of what is over.
  private func settle(_ id: Int) {
    guard let peer = clients[id]?.peer else { return }
    if let line = clients[id]?.connection.nextRequest(at: .now) {
      clients[id]?.handler = task(for: line, of: id, peer)
    }
    guard clients[id]?.connection.state == .closed else { return }
    clients[id]?.socket = nil
    if clients[id]?.handler == nil { clients[id] = nil }
  }

  private func task(for line: [UInt8], of id: Int, _ peer: Peer) -> Task<Void, Never> {
    let handler = handler
    let mailbox = mailbox
    let longestDocument = limits.answerBytes
    return Task {
      // The compiler (6.3) does not understand Self here.
      let response = await ServerLoop.response(to: line, from: peer, handler)
      mailbox.put(Mailbox.Response(client: id, line: response.line(longestDocument: longestDocument)))
    }
  }

  private static func response(
    to line: [UInt8], from peer: Peer, _ handler: Handler
  ) async -> ControlResponse {
    do throws(Failure) {
      return .answered(try await handler(try ControlRequest(line: line), peer).get())
    } catch {
      return .failed(error)
    }
  }

  private func deliver(_ response: Mailbox.Response) {
    guard let peer = clients[response.client]?.peer else { return }
    let unread = clients.values.map { (user: $0.peer.uid, bytes: $0.connection.output.count) }
    let refusal = limits.refusal(
      ofAnswer: response.line.count, for: peer.uid, beside: unread, daemon: daemon)
    let line = refusal.map { ControlResponse.failed($0).line() } ?? response.line
    clients[response.client]?.handler = nil
    clients[response.client]?.connection.answer(line, at: .now)
    settle(response.client)
  }
}

extension pollfd {
  init(_ descriptor: Int32, _ events: Int32) {
    self.init(fd: descriptor, events: Int16(events), revents: 0)
  }
}

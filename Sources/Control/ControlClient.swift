import FileAccess
import Glibc
import SystemPackage
import Threads
import Vocabulary

/// Asks the daemon through its control socket.
public struct ControlClient: Sendable {
  private let path: String
  /// Of what the other side says, in bytes.
  private let longestLine: Int

  /// - Parameter path: of the daemon's control socket.
  public init(path: String) { self.init(path: path, longestLine: ControlResponse.longestLine) }

  /// What the `.unavailable` of a daemon that does not run says, unlike that of one which hangs.
  public static let absence = "no daemon listens here"
  /// Room for a socket's path, in bytes.
  public static let longestPath = UnixAddress.longestPath

  init(path: String, longestLine: Int) {
    self.path = path
    self.longestLine = longestLine
  }

  /// Asks one thing, on a connection of its own.
  ///
  /// - Parameter timeout: for all of it.
  /// - Returns: the answer's JSON document.
  /// - Throws: the daemon's own `Failure`; `.unavailable` where no daemon runs, or it does not answer in
  ///   time; `.notPermitted` where this user may not connect; `.internalError` where what answers is no
  ///   daemon of this version; `.interrupted` where the task was cancelled.
  public func ask(
    _ verb: ControlRequest.Verb, timeout: Duration = .seconds(10)
  ) async throws(Failure) -> [UInt8] {
    let deadline = ContinuousClock.now + timeout
    let address = try UnixAddress(path: path)
    let cancellation: WakeUp
    do throws(Errno) { cancellation = try WakeUp() } catch { throw Failure(error, path, "cannot be asked") }
    let exchange = Exchange(
      address: address, deadline: deadline, timeout: timeout, longestLine: longestLine,
      cancellation: cancellation)
    let result: Result<[UInt8], Failure> = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        do throws(Errno) {
          try onOwnThread { continuation.resume(returning: exchange.run(ControlRequest(verb))) }
        } catch {
          continuation.resume(returning: .failure(Failure(error, path, "cannot be asked")))
        }
      }
    } onCancel: {
      cancellation.signal()
    }
    return try result.get()
  }
}

/// One request and its response; blocks the thread that it runs on.
private struct Exchange: Sendable {
  let address: UnixAddress
  let deadline: ContinuousClock.Instant
  let timeout: Duration
  let longestLine: Int
  let cancellation: WakeUp

  /// How long to wait where more wait to be let in than the daemon has room for: nothing tells when there is.
  private static let connectInterval = Duration.milliseconds(20)
  private static let readBytes = 256 << 10

  func run(_ request: ControlRequest) -> Result<[UInt8], Failure> {
    Result { () throws(Failure) in
      let socket = try connect()
      try send(request.line, to: socket)
      switch try ControlResponse.read(line: try receiveLine(from: socket)) {
      case .answered(let document): return document
      case .failed(let failure): throw failure
      case nil: throw nonsense("its answer is no response of a daemon")
      }
    }
  }

  private func connect() throws(Failure) -> Socket {
    let socket: Socket
    do throws(Errno) { socket = try Socket() } catch { throw failure(toConnect: error) }
    repeat {
      do throws(Errno) {
        try socket.connect(to: address)
        return socket
      } catch {
        guard error == .resourceTemporarilyUnavailable else { throw failure(toConnect: error) }
      }
    } while try !isOver(afterWaitingFor: nil, until: .now + Self.connectInterval)
    throw hung("lets nobody in")
  }

  private func failure(toConnect error: Errno) -> Failure {
    switch error {
    case .noSuchFileOrDirectory, .notDirectory, .connectionRefused:
      Failure(
        .unavailable, address.path, ControlClient.absence,
        remedy: "start it: blechd --config FILE, or the service that runs it")
    case .permissionDenied, .notPermitted:
      Failure(
        .notPermitted, address.path, "this user may not connect",
        remedy: "see who may with ls -ld, for the socket and the directories above it")
    case .tooManyOpenFiles, .tooManyOpenFilesInSystem, .noMemory:
      Failure(error, address.path, "cannot be asked")
    default: nonsense("\(error)")
    }
  }

  private func send(_ line: [UInt8], to socket: Socket) throws(Failure) {
    var rest = line[...]
    while !rest.isEmpty {
      switch socket.send(rest) {
      case .bytes(let count): rest = rest.dropFirst(count)
      case .noRoomYet:
        guard try !isOver(afterWaitingFor: (socket, POLLOUT), until: deadline) else {
          throw hung("does not take the request")
        }
      // A daemon that takes no more may have said why.
      case .failed: return
      }
    }
  }

  private func receiveLine(from socket: Socket) throws(Failure) -> [UInt8] {
    var input = LineBuffer()
    while true {
      switch socket.receive(atMost: Self.readBytes) {
      case .bytes(let bytes):
        input.append(bytes)
        if let line = input.takeLine() { return line }
        guard input.count <= longestLine else {
          throw nonsense("its answer is longer than \(longestLine) bytes")
        }
      case .nothingYet:
        guard try !isOver(afterWaitingFor: (socket, POLLIN), until: deadline) else {
          throw hung("does not answer")
        }
      case .end, .failed:
        guard input.count == 0 else { throw nonsense("its answer is cut short") }
        throw Failure(
          .unavailable, address.path, "the daemon ended the connection without an answer",
          remedy: "try again; see journalctl -u blechd")
      }
    }
  }

  /// Whether the time for it all is over, after waiting for the socket or until `end`.
  ///
  /// - Throws: `.interrupted` where the task was cancelled.
  private func isOver(
    afterWaitingFor awaited: (Socket, events: Int32)?, until end: ContinuousClock.Instant
  ) throws(Failure) -> Bool {
    var descriptors = [pollfd(cancellation.descriptor, POLLIN)]
    if let awaited { descriptors.append(pollfd(awaited.0.descriptor, awaited.events)) }
    poll(&descriptors, until: min(end, deadline))
    if descriptors[0].revents != 0 { throw Failure.interruption(of: address.path) }
    return descriptors.allSatisfy { $0.revents == 0 } && .now >= deadline
  }

  private func hung(_ what: String) -> Failure {
    Failure(
      .unavailable, address.path, "the daemon \(what) within \(timeout)",
      remedy: "see journalctl -u blechd; if it hangs, sudo systemctl restart blechd")
  }

  private func nonsense(_ what: String) -> Failure {
    Failure(
      .internalError, address.path, "what listens here is no daemon of this version: \(what)",
      remedy: "install blechctl and blechd of one version and restart the daemon")
  }
}

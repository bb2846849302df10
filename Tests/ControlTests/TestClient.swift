import FoundationEssentials
import Glibc
import TestSupport
import Threads
import Vocabulary

@testable import Control

/// Runs what blocks on a thread of its own: the few that tests and handlers share must stay free.
func blocking<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
  await withCheckedContinuation { continuation in
    do { try onOwnThread { continuation.resume(returning: body()) } } catch { fatalError("\(error)") }
  }
}

/// A client that does what no decent one would. It waits as long as it takes.
struct TestClient: Sendable {
  let socket: Socket

  init(taking socket: Socket) { self.socket = socket }

  init(_ path: String) throws {
    socket = try Socket()
    try socket.connect(to: UnixAddress(path: path))
  }

  /// Writes all of it, or as much as the other side takes before it closes.
  func send(_ text: String) async {
    await blocking {
      var rest = Array(text.utf8)[...]
      while !rest.isEmpty {
        switch socket.send(rest) {
        case .bytes(let count): rest = rest.dropFirst(count)
        case .noRoomYet: wait(for: POLLOUT)
        case .failed: return
        }
      }
    }
  }

  /// Says that nothing more comes.
  func endInput() { shutdown(socket.descriptor, Int32(SHUT_WR)) }

  /// The next line; what there is before the end of input; nil at its end. Bytes are read one by one, so that
  /// nothing of the next line is taken.
  func line() async -> String? {
    await blocking {
      var bytes: [UInt8] = []
      while true {
        switch socket.receive(atMost: 1) {
        case .bytes(let more) where more == [UInt8(ascii: "\n")]:
          return String(decoding: bytes, as: UTF8.self)
        case .bytes(let more): bytes += more
        case .nothingYet: wait(for: POLLIN)
        case .end, .failed: return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
        }
      }
    }
  }

  /// How many bytes come until the other side closes, or until there are `most`.
  func count(atMost most: Int = .max) async -> Int {
    await blocking {
      var count = 0
      while count < most {
        switch socket.receive(atMost: 256 << 10) {
        case .bytes(let more): count += more.count
        case .nothingYet: wait(for: POLLIN)
        case .end, .failed: return count
        }
      }
      return count
    }
  }

  /// Returns when the other side has closed, without reading anything.
  func untilClosed() async { await blocking { wait(for: 0) } }

  func response() async throws -> ControlResponse? {
    guard let line = await line() else { return nil }
    return try ControlResponse.read(line: Array(line.utf8))
  }

  private func wait(for events: Int32) {
    var descriptors = [pollfd(socket.descriptor, events)]
    poll(&descriptors, until: .now + .patience)
    precondition(descriptors[0].revents != 0, "the server never moves")
  }
}

extension ControlLimits {
  /// Times that no test comes near.
  static let patient: ControlLimits = {
    var limits = ControlLimits()
    (limits.requestTime, limits.handlingTime, limits.readingTime) = (.patience, .patience, .patience)
    return limits
  }()
}

extension Duration {
  /// Longer than any test on any machine, and still an end.
  static let patience = Duration.seconds(600)
}

/// A server in a directory of its own, until `body` is through.
func withServer(
  _ limits: ControlLimits = .patient, handler: @escaping ControlServer.Handler = answerWithRequest,
  _ body: (_ path: String) async throws -> Void
) async throws {
  try await withScratchAsync { scratch in
    let path = scratch.path("control.sock")
    let server = ControlServer(path: path, limits: limits, handler: handler)
    try server.start()
    do { try await body(path) } catch {
      await server.stop()
      throw error
    }
    await server.stop()
  }
}

/// `why` is answered with its directory, all else as `status`.
let answerWithRequest: ControlServer.Handler = { request, _ in
  if case .why(let directory) = request.verb { return .success(Array("[\"\(directory)\"]".utf8)) }
  return .success(Array(#"{"state":"running"}"#.utf8))
}

let statusRequest = #"{"version":1,"verb":{"status":{}}}"# + "\n"
let statusAnswer = ControlResponse.answered(Array(#"{"state":"running"}"#.utf8))

func whyRequest(_ directory: String) -> String {
  #"{"version":1,"verb":{"why":{"directory":"\#(directory)"}}}"# + "\n"
}

/// A door that handlers wait at until the test opens it.
actor Gate {
  private var isOpen = false
  private var whoWaits: [CheckedContinuation<Void, Never>] = []
  private(set) var arrivals = 0

  func pass() async {
    arrivals += 1
    if !isOpen { await withCheckedContinuation { whoWaits.append($0) } }
  }

  func open() {
    isOpen = true
    for continuation in whoWaits { continuation.resume() }
    whoWaits = []
  }

  func untilArrival(_ count: Int) async { while arrivals < count, !Task.isCancelled { await Task.yield() } }
}

/// More than the sockets between server and client hold.
let largeAnswer = 4 << 20
let largeLine = largeAnswer + #"{"version":1,"answer":}"#.utf8.count + 1

let answerLargely: ControlServer.Handler = { request, peer in
  request.verb == .status
    ? .success([UInt8](repeating: UInt8(ascii: "7"), count: largeAnswer))
    : await answerWithRequest(request, peer)
}

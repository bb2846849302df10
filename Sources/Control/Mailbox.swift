import Synchronization
import SystemPackage
import Threads

/// What other threads tell the server's. Every client has one response in it at most.
final class Mailbox: Sendable {
  struct Response: Sendable {
    /// Which client.
    let client: Int
    let line: [UInt8]
  }

  struct Contents: Sendable {
    var responses: [Response] = []
    var isStopped = false
  }

  private let contents = Mutex(Contents())
  private let wakeUp: WakeUp

  init() throws(Errno) { wakeUp = try WakeUp() }

  /// Readable while there is something to take.
  var descriptor: Int32 { wakeUp.descriptor }

  func put(_ response: Response) {
    contents.withLock { $0.responses.append(response) }
    wakeUp.signal()
  }

  func stop() {
    contents.withLock { $0.isStopped = true }
    wakeUp.signal()
  }

  func take() -> Contents {
    // First, so that what comes in between wakes again.
    wakeUp.reset()
    return contents.withLock { contents in
      defer { contents.responses = [] }
      return contents
    }
  }
}

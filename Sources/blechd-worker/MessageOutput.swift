import FoundationEssentials
import Glibc
import WorkerProtocol

/// Writes messages to stdout, one JSON document a line.
final class MessageOutput {
  private let clock = ContinuousClock()
  private var lastProgress: ContinuousClock.Instant?

  /// More often than a person can read is of no use.
  private static let progressInterval = Duration.milliseconds(100)

  /// - Returns: whether the message is short enough to be read by a parent; otherwise it is not sent.
  @discardableResult
  func send(_ content: WorkerMessage.Content) -> Bool {
    guard var line = try? JSONEncoder().encode(WorkerMessage(content)) else { return true }
    line.append(UInt8(ascii: "\n"))
    guard line.count < WorkerMessage.longestLine else { return false }
    var bytes = Array(line)[...]
    while !bytes.isEmpty {
      let count = unsafe bytes.withUnsafeBytes { unsafe write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      // Nobody listens: the work goes on, and the parent's end shows at stdin.
      guard count > 0 else { return true }
      bytes = bytes.dropFirst(count)
    }
    return true
  }

  func send(_ progress: WorkerMessage.Progress) {
    let now = clock.now
    if let lastProgress, now - lastProgress < Self.progressInterval { return }
    lastProgress = now
    send(.progress(progress))
  }
}

import Synchronization

/// The end of what was written.
final class LogTail: Sendable {
  /// How much of it is kept, in bytes.
  static let longest = 64 << 10

  private let bytes = Mutex<[UInt8]>([])
  private let closed = Mutex(false)

  func append(_ chunk: UnsafeRawBufferPointer) {
    bytes.withLock { bytes in
      bytes += chunk.suffix(Self.longest)
      // Twice as much may gather, so that not every chunk moves all of it.
      if bytes.count > 2 * Self.longest { bytes.removeFirst(bytes.count - Self.longest) }
    }
  }

  /// Whoever fills it is to stop.
  var isClosed: Bool { closed.withLock { $0 } }
  func close() { closed.withLock { $0 = true } }

  var text: String { String(decoding: bytes.withLock { $0.suffix(Self.longest) }, as: UTF8.self) }
}

/// Bytes as they come, cut into lines.
struct LineBuffer: Sendable {
  private var bytes: [UInt8] = []
  /// So many are known to hold no line's end: a line that comes byte by byte is not searched from its start
  /// again and again.
  private var searched = 0

  /// How many bytes wait.
  var count: Int { bytes.count }

  mutating func append(_ more: [UInt8]) { bytes += more }

  /// The next line without its end, or nil while it is not whole.
  mutating func takeLine() -> [UInt8]? {
    guard let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) else {
      searched = bytes.count
      return nil
    }
    let line = Array(bytes[..<end])
    bytes.removeFirst(end + 1)
    searched = 0
    return line
  }
}

/// Divides bytes that come piece by piece into lines. A line feed alone ends a line: JSON leaves the other line ends of
/// Unicode as they are, in the middle of its texts.
struct LineSplitter {
  private let longest: Int
  private var rest: [UInt8] = []

  struct TooLong: Error, CustomStringConvertible {
    let longest: Int
    var description: String { "a line has more than \(longest) bytes" }
  }

  /// - Parameter longest: in bytes. No more than this is kept.
  init(longest: Int) { self.longest = longest }

  /// The lines that end in `bytes`, without their ends.
  mutating func take(_ bytes: UnsafeRawBufferPointer) throws(TooLong) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var left = bytes[...]
    while let end = left.firstIndex(of: UInt8(ascii: "\n")) {
      try keep(left[..<end])
      lines.append(rest)
      rest = []
      left = left[(end + 1)...]
    }
    try keep(left)
    return lines
  }

  /// What came after the last line feed, or nil.
  var last: [UInt8]? { rest.isEmpty ? nil : rest }

  private mutating func keep(_ bytes: Slice<UnsafeRawBufferPointer>) throws(TooLong) {
    guard rest.count + bytes.count <= longest else { throw TooLong(longest: longest) }
    rest += bytes
  }
}

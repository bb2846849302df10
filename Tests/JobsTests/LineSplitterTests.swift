import Testing

@testable import Jobs

@Suite struct LineSplitterTests {
  /// The lines of a text that comes in pieces of `size` bytes.
  private func lines(_ text: String, piece size: Int, longest: Int = 100) throws -> [String] {
    var splitter = LineSplitter(longest: longest)
    let bytes = Array(text.utf8)
    var lines: [[UInt8]] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      let piece = Array(bytes[start..<min(start + size, bytes.count)])
      lines += try piece.withUnsafeBytes { try splitter.take($0) }
    }
    return (lines + [splitter.last].compactMap(\.self)).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test(arguments: [1, 2, 3, 7, 1000]) func `A line feed ends a line, and nothing else does`(size: Int) throws
  {
    let text = "a\u{2028}b\u{85}\r\n\nc\u{2029}\u{B}\u{C}\rd\nend"
    #expect(try lines(text, piece: size) == ["a\u{2028}b\u{85}\r", "", "c\u{2029}\u{B}\u{C}\rd", "end"])
    #expect(try lines("a\n", piece: size) == ["a"])
    #expect(try lines("", piece: size) == [])
  }

  @Test(arguments: [1, 4, 1000]) func `A line that is too long is an error, wherever it is cut`(size: Int)
    throws
  {
    #expect(try lines("12345\n12345", piece: size, longest: 5) == ["12345", "12345"])
    #expect(throws: LineSplitter.TooLong.self) { try lines("1\n123456", piece: size, longest: 5) }
    #expect(throws: LineSplitter.TooLong.self) { try lines("123456\n", piece: size, longest: 5) }
  }
}

/// What is checked of a file's bytes before a YAML parser sees them.
enum YAMLText {
  /// The bytes as text, if it is such as a person writes and no parser takes long over.
  static func checked(_ bytes: [UInt8]) throws(YAMLTextError) -> String {
    guard bytes.count <= Configuration.sizeLimitBytes else {
      throw YAMLTextError(
        line: nil,
        what: "has \(bytes.count) bytes, more than the \(Configuration.sizeLimitBytes) that are read")
    }
    // Some editors on Windows put a byte order mark first.
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let bytes = bytes.starts(with: mark) ? bytes.dropFirst(mark.count) : bytes[...]
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw YAMLTextError(
        line: invalidLine(bytes), what: "is not UTF-8 text; save the file as UTF-8")
    }
    try refuseOddCharacters(text)
    try refuseAliases(bytes)
    try refuseEscapedMarks(bytes)
    return text
  }

  /// Of lines that end with a line feed, at least 1.
  static func lineCount(_ text: String) -> Int {
    let breaks = text.utf8.count { $0 == lineFeed }
    return max(breaks + (text.utf8.last == lineFeed ? 0 : 1), 1)
  }

  private static let lineFeed = UInt8(ascii: "\n")

  private static func invalidLine(_ bytes: ArraySlice<UInt8>) -> Int {
    // A sequence of bytes that means something never goes over a line's end.
    let lines = bytes.split(separator: lineFeed, omittingEmptySubsequences: false)
    return (lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0) + 1
  }

  /// YAML takes some characters for the end of a line that editors do not: lines would be counted
  /// differently.
  private static func refuseOddCharacters(_ text: String) throws(YAMLTextError) {
    var line = 1
    var follows: Unicode.Scalar = "\n"
    for scalar in text.unicodeScalars {
      switch (follows, scalar) {
      case ("\r", "\n"): line += 1
      case ("\r", _):
        throw YAMLTextError(
          line: line, what: "holds a carriage return without a line feed; save it with line feeds")
      case (_, "\n"): line += 1
      case (_, "\u{85}"), (_, "\u{2028}"), (_, "\u{2029}"), (_, "\u{FEFF}"), (_, "\u{FFFE}"), (_, "\u{FFFF}"),
        (_, "\u{7F}"..."\u{9F}"), (_, "\u{0}"..."\u{8}"), (_, "\u{B}"..."\u{C}"), (_, "\u{E}"..."\u{1F}"):
        throw YAMLTextError(
          line: line, what: "holds the invisible character U+\(hexadecimal(scalar)); remove it")
      default: break
      }
      follows = scalar
    }
    if follows == "\r" {
      throw YAMLTextError(
        line: line, what: "holds a carriage return without a line feed; save it with line feeds")
    }
  }

  private static func hexadecimal(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(4 - digits.count, 0)) + digits
  }

  /// Refuses text in which both an anchor and an alias may be, though quotes may say otherwise: a few lines
  /// of aliases of aliases can keep a parser busy for years before anyone sees them.
  private static func refuseAliases(_ bytes: ArraySlice<UInt8>) throws(YAMLTextError) {
    var hasAnchor = false
    var aliasLine: Int?
    for (index, line) in bytes.split(separator: lineFeed, omittingEmptySubsequences: false).enumerated() {
      if line.first(where: { $0 != UInt8(ascii: " ") }) == UInt8(ascii: "#") { continue }
      hasAnchor = hasAnchor || mayHold(UInt8(ascii: "&"), line)
      if aliasLine == nil, mayHold(UInt8(ascii: "*"), line) { aliasLine = index + 1 }
    }
    if hasAnchor, let aliasLine { throw YAMLTextError.alias(line: aliasLine) }
  }

  /// A byte order mark that begins a quoted text would be lost between the parser and here, and mean nothing
  /// anyway.
  private static func refuseEscapedMarks(_ bytes: ArraySlice<UInt8>) throws(YAMLTextError) {
    for (index, line) in bytes.split(separator: lineFeed, omittingEmptySubsequences: false).enumerated()
    where line.contains(UInt8(ascii: "\\")) {
      let text = String(decoding: line, as: UTF8.self).lowercased()
      if text.contains("\\ufeff") || text.contains("\\u0000feff") {
        throw YAMLTextError(line: index + 1, what: "holds the invisible character U+FEFF; remove it")
      }
    }
  }

  /// Whether a token could begin in the line with that character: behind none of a word's, before one of
  /// them.
  private static func mayHold(_ character: UInt8, _ line: ArraySlice<UInt8>) -> Bool {
    let openings = Array(" \t[{,:-?".utf8)
    return line.indices.contains { index in
      guard line[index] == character, index + 1 < line.endIndex else { return false }
      let next = Unicode.Scalar(line[index + 1])
      return (index == line.startIndex || openings.contains(line[index - 1]))
        && (next.properties.isAlphabetic || ("0"..."9").contains(next) || next == "_" || next == "-")
    }
  }
}

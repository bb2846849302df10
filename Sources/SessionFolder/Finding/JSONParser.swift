/// Reads JSON as Python's json module writes it, with NaN and Infinity, within bounds: a file that anybody may
/// have put there must not take minutes to be refused.
struct JSONParser {
  /// Why a text cannot be used.
  enum Problem: Error, Equatable {
    case invalid
    case tooDeep
    case tooManyValues
  }

  /// blech_clust's files nest four deep.
  static let deepest = 64
  /// A log of ten years has some thousand.
  static let mostValues = 1_000_000

  private let bytes: [UInt8]
  private var position = 0
  private var values = 0

  static func parse(_ bytes: [UInt8]) throws(Problem) -> JSONValue {
    var parser = JSONParser(bytes: bytes)
    _ = parser.take([0xEF, 0xBB, 0xBF])  // A byte order mark, which some editors put there.
    let value = try parser.value(depth: 0)
    parser.skipBlanks()
    guard parser.position == bytes.count else { throw .invalid }
    return value
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  // MARK: Bytes

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipBlanks() {
    while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
  }

  private mutating func take(_ expected: some Collection<UInt8>) -> Bool {
    guard bytes[position...].starts(with: expected) else { return false }
    position += expected.count
    return true
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  // MARK: Values

  private mutating func value(depth: Int) throws(Problem) -> JSONValue {
    guard depth <= Self.deepest else { throw .tooDeep }
    values += 1
    guard values <= Self.mostValues else { throw .tooManyValues }
    skipBlanks()
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .text(try string())
    default: break
    }
    for (word, value) in Self.words where take(word.utf8) { return value }
    return .number(try number())
  }

  private static let words: [(String, JSONValue)] = [
    ("null", .null), ("true", .bool(true)), ("false", .bool(false)), ("NaN", .number(.nan)),
    ("Infinity", .number(.infinity)), ("-Infinity", .number(-.infinity)),
  ]

  /// Of a key that is there twice, the last value counts, as in Python.
  private mutating func object(depth: Int) throws(Problem) -> JSONValue {
    var members: [String: JSONValue] = [:]
    try list(from: "{", to: "}") { (parser) throws(Problem) in
      parser.skipBlanks()
      let key = try parser.string()
      parser.skipBlanks()
      guard parser.take(":") else { throw .invalid }
      members[key] = try parser.value(depth: depth + 1)
    }
    return .object(members)
  }

  private mutating func array(depth: Int) throws(Problem) -> JSONValue {
    var elements: [JSONValue] = []
    try list(from: "[", to: "]") { (parser) throws(Problem) in
      elements.append(try parser.value(depth: depth + 1))
    }
    return .array(elements)
  }

  private mutating func list(
    from start: Unicode.Scalar, to end: Unicode.Scalar, _ element: (inout Self) throws(Problem) -> Void
  ) throws(Problem) {
    guard take(start) else { throw .invalid }
    skipBlanks()
    if take(end) { return }
    repeat {
      try element(&self)
      skipBlanks()
    } while take(",")
    guard take(end) else { throw .invalid }
  }

  private mutating func number() throws(Problem) -> Double {
    let start = position
    _ = take("-")
    if !take("0") { try digits() }
    if take(".") { try digits() }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      try digits()
    }
    guard let number = Double(String(decoding: bytes[start..<position], as: UTF8.self)) else {
      throw .invalid
    }
    return number
  }

  private mutating func digits() throws(Problem) {
    let start = position
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    guard position > start else { throw .invalid }
  }

  // MARK: Text

  private mutating func string() throws(Problem) -> String {
    guard take("\"") else { throw .invalid }
    var text = ""
    while true {
      let start = position
      while let byte = next, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
        position += 1
      }
      guard let part = String(validating: bytes[start..<position], as: UTF8.self) else { throw .invalid }
      text += part
      if take("\"") { return text }
      guard take("\\") else { throw .invalid }
      text.unicodeScalars.append(try escaped())
    }
  }

  private mutating func escaped() throws(Problem) -> Unicode.Scalar {
    for (letter, scalar) in Self.escapes where take(letter) { return scalar }
    guard take("u") else { throw .invalid }
    let first = try codeUnit()
    guard UTF16.isLeadSurrogate(first) else { return Unicode.Scalar(first) ?? "\u{FFFD}" }
    let after = position
    guard take("\\"), take("u"), let second = try? codeUnit(), UTF16.isTrailSurrogate(second) else {
      // Half a character, which Python writes where a file's name is no text.
      position = after
      return "\u{FFFD}"
    }
    return Unicode.Scalar(0x10000 + (UInt32(first & 0x3FF) << 10) + UInt32(second & 0x3FF)) ?? "\u{FFFD}"
  }

  private static let escapes: [(Unicode.Scalar, Unicode.Scalar)] = [
    ("\"", "\""), ("\\", "\\"), ("/", "/"), ("b", "\u{8}"), ("f", "\u{C}"), ("n", "\n"), ("r", "\r"),
    ("t", "\t"),
  ]

  private mutating func codeUnit() throws(Problem) -> UInt16 {
    guard position + 4 <= bytes.count else { throw .invalid }
    let text = String(decoding: bytes[position..<(position + 4)], as: UTF8.self)
    guard text.allSatisfy(\.isHexDigit), let unit = UInt16(text, radix: 16) else { throw .invalid }
    position += 4
    return unit
  }
}

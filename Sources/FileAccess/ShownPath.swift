import SystemPackage

extension FilePath {
  /// The path as text for people: bytes that are no UTF-8, and control characters, are escaped, so that two paths never look
  /// alike and none steers a terminal.
  public var shown: String {
    unsafe withPlatformString { start in
      unsafe String.showing(UnsafeBufferPointer(start: start, count: length))
    }
  }
}

extension String {
  /// The bytes of a file's name or path as text for people.
  public static func showing(_ bytes: some Sequence<CChar>) -> String {
    let bytes = bytes.map { UInt8(bitPattern: $0) }
    if let text = String(validating: bytes, as: UTF8.self) { return text.escapingControls }
    var (text, rest) = ("", bytes[...])
    while !rest.isEmpty {
      // A character of UTF-8 takes at most four bytes.
      let valid = (1...4).lazy.compactMap { count in
        String(validating: rest.prefix(count), as: UTF8.self).map { (count, $0) }
      }.first
      text += valid?.1.escapingControls ?? "\\x\([rest.first!].hexadecimal)"
      rest = rest.dropFirst(valid?.0 ?? 1)
    }
    return text
  }
}

/// Paths are bytes to the system. To Swift a slash with an accent on it is no slash, and two spellings of é
/// are one.
extension String {
  var isAbsolutePath: Bool { utf8.first == UInt8(ascii: "/") }

  /// What stands between the slashes, without what is empty.
  var pathParts: [String] { unicodeScalars.split(separator: "/").map { String($0) } }

  /// Whether both, absolute paths without needless slashes, are one place, or `other` lies below this one.
  func isSameOrAbove(_ other: String) -> Bool {
    utf8.elementsEqual(other.utf8) || other.utf8.starts(with: (self + "/").utf8)
  }
}

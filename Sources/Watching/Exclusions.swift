import Glibc

/// Directories that are not watched. Hidden ones never are: trash, snapshots and half-copied folders have such names.
public struct Exclusions: Equatable, Sendable {
  /// Shell patterns. One with a slash is compared with the path below the root, one without with the name alone.
  public let patterns: [String]

  public init(_ patterns: [String]) { self.patterns = patterns }

  /// Where a file system's repair puts what it finds; only the administrator may look there.
  private static let repaired: FileName = "lost+found"

  /// - Parameter names: lead from the root to the directory; at least one.
  func exclude(_ names: [FileName]) -> Bool {
    guard let name = names.last else { return false }
    if name.isHidden || name == Self.repaired { return true }
    return patterns.contains { pattern in
      // `backup/` means the same as `backup`.
      let pattern = String(pattern.reversed().drop { $0 == "/" }.reversed())
      let isPath = pattern.contains("/")
      let text = isPath ? Array(names.map(\.bytes).joined(separator: [UInt8(ascii: "/")])) : name.bytes
      let terminated = text.map { CChar(bitPattern: $0) } + [0]
      return unsafe fnmatch(String(pattern.drop { $0 == "/" }), terminated, isPath ? FNM_PATHNAME : 0) == 0
    }
  }
}

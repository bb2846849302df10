/// A folder that is watched, with all that is below it.
public struct WatchedRoot: Equatable, Sendable {
  /// How changes are noticed.
  public enum Backend: String, CaseIterable, Sendable {
    /// As the file system asks for.
    case auto
    case inotify, polling
  }

  /// Which sessions are worked on that had been sorted before the root was first watched.
  public enum Backlog: Equatable, Sendable {
    case none, all
    /// Those sorted on that day, `YYYY-MM-DD` in local time, or later.
    case since(String)
  }

  /// Absolute, without `.`, `..`, doubled slashes or one at the end; not `/`.
  public var path: String
  public var backend = Backend.auto
  /// Glob patterns, relative to `path`, of what is not looked at.
  public var exclude: [String] = []
  /// Sessions of roots with a higher one come first.
  public var priority = 0
  public var backlog = Backlog.none

  public init(path: String) { self.path = path }

  /// Whether `other` is this root's folder or lies in it.
  func holds(_ other: WatchedRoot) -> Bool { path.isSameOrAbove(other.path) }
}

extension WatchedRoot.Backlog {
  /// Nil unless it is `none`, `all` or a day that the calendar has.
  init?(_ text: String) {
    switch text {
    case "none": self = .none
    case "all": self = .all
    case _ where Self.isDay(text): self = .since(text)
    default: return nil
    }
  }

  var text: String {
    switch self {
    case .none: "none"
    case .all: "all"
    case .since(let day): day
    }
  }

  private static func isDay(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard parts.map(\.count) == [4, 2, 2], let year = Int(asciiDigits: parts[0]),
      let month = Int(asciiDigits: parts[1]), let day = Int(asciiDigits: parts[2])
    else { return false }
    let isLeapYear = year.isMultiple(of: 4) && !year.isMultiple(of: 100) || year.isMultiple(of: 400)
    let lengths = [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return year >= 1970 && lengths.indices.contains(month - 1) && (1...lengths[month - 1]).contains(day)
  }
}

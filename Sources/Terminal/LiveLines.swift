import FoundationEssentials
import Glibc
import Vocabulary

/// Lines at the bottom of a terminal that are redrawn in place. Where stderr is no terminal, nothing is drawn.
public struct LiveLines {
  public let isLive: Bool
  private var drawn = 0

  public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    isLive = isatty(STDERR_FILENO) == 1 && environment["TERM"].map { $0 != "dumb" } ?? false
  }

  /// The terminal's columns; 80 where it does not tell.
  public static var width: Int {
    var size = winsize()
    guard unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Replaces the lines drawn before.
  public mutating func draw(_ lines: [String]) {
    guard isLive else { return }
    // Cursor up, then each line cleared and written, then whatever is left below cleared.
    var text = drawn > 0 ? "\u{1B}[\(drawn)A" : ""
    for line in lines { text += "\r\u{1B}[K\(line.escapingControls)\n" }
    text += "\u{1B}[J"
    StandardError.write(text)
    drawn = lines.count
  }

  /// Writes lines that stay, above the live ones.
  public mutating func print(_ lines: [String]) {
    draw([])
    StandardError.write(lines.map { $0.escapingControls + "\n" }.joined())
  }
}

public enum StandardError {
  public static func write(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }
}

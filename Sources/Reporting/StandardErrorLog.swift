import FoundationEssentials
import Glibc
import Logging
import Terminal
import Vocabulary

/// Lines on stderr for people: time, level where it is not plain information, and what happened, each on one line.
public struct StandardErrorLog: LogHandler {
  public var metadata: Logger.Metadata = [:]
  public var logLevel = Logger.Level.info

  /// Under systemd the journal knows the time, and takes the level from a prefix (man 3 sd-daemon).
  private let isJournal: Bool

  public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    // Programs started from a service inherit the variable, but not always stderr (man 5 systemd.exec).
    var state = stat()
    isJournal =
      fstat(STDERR_FILENO, &state) == 0 && environment["JOURNAL_STREAM"] == "\(state.st_dev):\(state.st_ino)"
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    let message = "\(event.message)".escapingControls
    StandardError.write(
      isJournal
        ? "<\(event.level.priority)>\(message)\n"
        : "\(Date.now.ISO8601Format()) \(event.level.prefix)\(message)\n")
  }
}

extension Logger.Level {
  /// As syslog numbers them.
  fileprivate var priority: Int {
    switch self {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }

  fileprivate var prefix: String {
    switch self {
    case .info, .notice: ""
    default: "\(rawValue): "
    }
  }
}

import Synchronization
import SystemPackage

/// A report, and the root that it came from: its place in the list that the watcher was given.
public struct RootReport: Equatable, Sendable {
  public let root: Int
  public let report: DirectoryReport

  public init(root: Int, report: DirectoryReport) {
    self.root = root
    self.report = report
  }
}

/// Reports on their way from the trees' threads to whoever takes them. Of each directory only the latest is kept, so that
/// there are never more than directories.
final class Reports: Sendable {
  private struct Waiting {
    var latest: [FilePath: RootReport] = [:]
    /// Paths in the order of their first report.
    var order: [FilePath] = []
  }

  private let waiting = Mutex(Waiting())
  /// Says that something waits.
  let signals: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation

  init() { (signals, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

  func add(_ report: RootReport) {
    waiting.withLock { waiting in
      if waiting.latest.updateValue(report, forKey: report.report.path) == nil {
        waiting.order.append(report.report.path)
      }
    }
    signal()
  }

  func take() -> [RootReport] {
    waiting.withLock { waiting in
      defer { waiting = Waiting() }
      return waiting.order.map { waiting.latest[$0]! }
    }
  }

  func signal() { continuation.yield() }

  func end() { continuation.finish() }
}

import Synchronization
import SystemPackage

/// A report, and where it came from.
public struct RootReport: Equatable, Sendable {
  /// The root's place in the list that the watcher was given.
  public let root: Int
  /// Which of the watcher's trees says so. Two of them may speak of one path, while a file system is mounted or
  /// unmounted there.
  public let tree: Int
  public let report: DirectoryReport

  public init(root: Int, tree: Int, report: DirectoryReport) {
    self.root = root
    self.tree = tree
    self.report = report
  }
}

/// Reports on their way from the trees' threads to whoever takes them. Of each tree's directory only the latest is kept, so
/// that there are never more than directories.
final class Reports: Sendable {
  private struct Waiting {
    var latest: [Source: RootReport] = [:]
    /// In the order of their first report.
    var order: [Source] = []
  }

  private struct Source: Hashable {
    let tree: Int
    let path: FilePath
  }

  private let waiting = Mutex(Waiting())
  /// Says that something waits.
  let signals: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation

  init() { (signals, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

  func add(_ report: RootReport) {
    let source = Source(tree: report.tree, path: report.report.path)
    waiting.withLock { waiting in
      if waiting.latest.updateValue(report, forKey: source) == nil { waiting.order.append(source) }
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

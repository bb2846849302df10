import FileAccess
import Glibc
import Intake
import SystemPackage
import Threads
import Watching

/// Looks at all directories of a root once, as the daemon does when it starts.
struct RootScan {
  struct Result: Sendable {
    let status: RootStatus
    /// Folders that look like a session's.
    let sessions: Int
    /// Of these, those that this user may not write in.
    let lockedSessions: [String]
  }

  private let root: WatchRoot

  init(_ root: WatchRoot) { self.root = root }

  private static let interval = Duration.milliseconds(50)
  /// Asking for the permissions of thousands of folders on a server takes its time.
  private static let mostAsked = 10_000
  private static let longestAsking = Duration.seconds(10)

  /// - Throws: `Errno` where the process has no descriptor or thread left.
  func run(atMost limit: Duration) async throws(Errno) -> Result {
    let watcher = try Watcher(
      [root], policy: SessionPolicy.directories, settings: WatchSettings(settle: limit * 10))
    try watcher.start()
    let deadline = ContinuousClock.now + limit
    // What is mounted inside shows only after the root itself was found.
    var looksDone = 0
    while looksDone < 2, ContinuousClock.now < deadline, !Task.isCancelled {
      try? await Task.sleep(for: Self.interval)
      looksDone = Self.isDone(watcher.status[0]) ? looksDone + 1 : 0
    }
    let status = watcher.status[0]
    let sessions = watcher.takeReports().compactMap { $0.report.state == .gone ? nil : $0.report.path }
    await watcher.stop()
    let asked = sessions.prefix(Self.mostAsked)
    let locked = try await onOwnThread(atMost: Self.longestAsking) {
      asked.filter(Self.isLocked).map(\.shown)
    }
    return Result(status: status, sessions: sessions.count, lockedSessions: locked ?? [])
  }

  private static func isDone(_ status: RootStatus) -> Bool {
    status.trees.allSatisfy { $0.isScanned || $0.problems.contains(where: \.isFatal) }
  }

  @Sendable private static func isLocked(_ path: FilePath) -> Bool {
    unsafe path.withPlatformString { unsafe faccessat(AT_FDCWD, $0, W_OK | X_OK, AT_EACCESS) } != 0
      && (errno == EACCES || errno == EROFS)
  }
}

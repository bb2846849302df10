import FileAccess
import Threads
import Vocabulary

extension SessionSource {
  /// How long a file system may take to tell a few stamps.
  private static let longestWait = Duration.seconds(20)

  /// Whether the files that an inspection found are seen to be the same still.
  func isUnchanged(since inspection: Inspection) async -> Bool {
    let answer = try? await onOwnThread(atMost: Self.longestWait) { [directory] in
      guard let open = try? OpenDirectory(at: directory) else { return false }
      return inspection.stamps.allSatisfy { (try? open.stamp(of: $0.key)) == $0.value }
    }
    return answer == true
  }
}

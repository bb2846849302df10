import FileAccess
import Glibc
import SystemPackage

/// What differs where control groups are plain files in a scratch directory.
package struct ControlGroupCalls: Sendable {
  /// What all paths begin with.
  package var root = ""
  package var process = getpid()
  /// Removes a group; an error number, or 0. (A directory of plain files is not removed like this one.)
  package var removeGroup: @Sendable (String) -> Int32 = { path in unsafe rmdir(path) == 0 ? 0 : errno }

  package init() {}

  func subdirectories(of path: String) -> [String] {
    guard let directory = try? OpenDirectory(at: path), let names = try? directory.entries() else {
      return []
    }
    return names.filter { (try? directory.subdirectory($0)) != nil }
  }
}

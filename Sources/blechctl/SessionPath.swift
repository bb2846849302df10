import Glibc
import SystemPackage
import Vocabulary

/// A session's directory as the daemon knows it.
enum SessionPath {
  /// - Parameter directory: as a person names it.
  /// - Returns: in full, without symbolic links.
  static func resolved(_ directory: String) throws(Failure) -> String {
    guard let path = unsafe realpath(directory, nil) else {
      throw Failure(
        errno == EACCES ? .notPermitted : .noInput, directory, "cannot be found: \(Errno(rawValue: errno))",
        remedy: "name a session's directory")
    }
    defer { unsafe free(path) }
    guard let text = unsafe String(validatingCString: path) else {
      throw Failure(.badData, directory, "has a name that is no UTF-8", remedy: "rename the directory")
    }
    return text
  }
}

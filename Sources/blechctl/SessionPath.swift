import Glibc
import SystemPackage
import Vocabulary

/// A session's directory as the daemon knows it.
enum SessionPath {
  /// - Parameter name: as a person names it: the directory, or the .h5 in it.
  /// - Returns: the directory in full, without symbolic links.
  static func resolved(_ name: String) throws(Failure) -> String {
    guard let path = unsafe realpath(name, nil) else {
      throw Failure(
        errno == EACCES ? .notPermitted : .noInput, name, "cannot be found: \(Errno(rawValue: errno))",
        remedy: "name a session's directory")
    }
    defer { unsafe free(path) }
    guard let text = unsafe String(validatingCString: path) else {
      throw Failure(.badData, name, "has a name that is no UTF-8", remedy: "rename the directory")
    }
    var state = stat()
    guard unsafe stat(path, &state) == 0, state.st_mode & S_IFMT != S_IFDIR else { return text }
    let directory = FilePath(text).removingLastComponent().string
    guard state.st_mode & S_IFMT == S_IFREG, text.hasSuffix(".h5") else {
      throw Failure(.usage, name, "is neither a directory nor an .h5", remedy: "name \(directory)")
    }
    return directory
  }
}

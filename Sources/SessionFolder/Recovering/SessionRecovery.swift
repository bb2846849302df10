import FileAccess
import HDF5File
import SystemPackage
import Vocabulary

/// Finds the journals of interrupted commits and undoes those.
public enum SessionRecovery {
  /// The directories of a session, and of its results if those go elsewhere, in which a commit is under way or was
  /// interrupted.
  public static func directoriesInNeed(of source: SessionSource) throws(Failure) -> [String] {
    try SessionReading.describing {
      let session = try OpenDirectory(at: source.directory)
      let output = try? ResultsPlace.separateDirectory(for: Session(at: source.directory), source)
      return try [session, output].compactMap { $0 }.filter { try isNeeded(in: $0) }.map(\.path)
    }
  }

  /// Any .h5's journal counts: the session's own may have got another name since.
  static func isNeeded(in directory: OpenDirectory) throws(FileError) -> Bool {
    try directory.entries().contains { Journal.h5Name(besides: $0) != nil }
  }

  /// Undoes every interrupted commit at `path`.
  ///
  /// - Parameters:
  ///   - path: an .h5, its journal, or a directory.
  ///   - searchesBelow: searches a directory with all that is below it.
  ///   - discardsRefused: sets journals aside that do not fit their file.
  /// - Returns: what was found; nothing where there is no journal.
  /// - Throws: `Failure` where there is nothing at `path`, or it cannot be opened.
  public static func recover(
    at path: String, searchesBelow: Bool, discardsRefused: Bool
  ) throws(Failure) -> [RecoverySummary] {
    try SessionReading.describing {
      // One spelling of each path, however many slashes a person typed.
      let path = FilePath(path).string
      let search = JournalSearch(searchesBelow: searchesBelow, discardsRefused: discardsRefused)
      do {
        return search.recover(in: try OpenDirectory(at: path))
      } catch let error as FileError {
        switch error.reason {
        case .system(.notDirectory), .system(.noSuchFileOrDirectory): return try search.recover(file: path)
        default: throw error
        }
      }
    }
  }
}

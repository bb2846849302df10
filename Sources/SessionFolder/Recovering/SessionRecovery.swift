import FileAccess
import HDF5File
import SystemPackage
import Vocabulary

/// Finds the journals of interrupted commits and undoes those.
public enum SessionRecovery {
  /// How far below a directory journals are looked for.
  private static let deepest = 16

  /// Whether a commit to an .h5 in the directory is under way or was interrupted.
  public static func isNeeded(in path: String) throws(Failure) -> Bool {
    try SessionReading.describing { try isNeeded(in: try OpenDirectory(at: path)) }
  }

  /// Any .h5's journal counts: the session's own may have got another name since.
  static func isNeeded(in directory: OpenDirectory) throws(FileError) -> Bool {
    try directory.entries().contains { Journal.h5Name(besides: $0) != nil }
  }

  /// Undoes every interrupted commit at `path`.
  ///
  /// - Parameters:
  ///   - path: an .h5, its journal, or a directory, which is searched with all that is below it.
  ///   - discardsRefused: sets journals aside that do not fit their file.
  /// - Returns: what was found; nothing where there is no journal.
  /// - Throws: `Failure` where there is nothing at `path`, or it cannot be opened.
  public static func recover(at path: String, discardsRefused: Bool) throws(Failure) -> [RecoverySummary] {
    try SessionReading.describing {
      let search = Search(discardsRefused: discardsRefused)
      do {
        return search.recover(in: try OpenDirectory(at: path), depth: 0)
      } catch let error as FileError {
        switch error.reason {
        case .system(.notDirectory), .system(.noSuchFileOrDirectory): return try search.recover(file: path)
        default: throw error
        }
      }
    }
  }

  private struct Search {
    let discardsRefused: Bool

    /// A person may name the .h5 or its journal; either may be missing.
    func recover(file path: String) throws -> [RecoverySummary] {
      let file = FilePath(path)
      guard let last = file.lastComponent?.string else { throw missing(path) }
      let parent = file.removingLastComponent()
      let directory = try OpenDirectory(at: parent.isEmpty ? "." : parent.string)
      let name = Journal.h5Name(besides: last) ?? last
      if try directory.stamp(of: Journal.name(besides: name)) != nil { return [recover(name, in: directory)] }
      guard try directory.stamp(of: name) != nil else { throw missing(path) }
      return []
    }

    private func missing(_ path: String) -> Failure {
      Failure(.noInput, path, "does not exist", remedy: "name an .h5 or a directory that holds some")
    }

    func recover(in directory: OpenDirectory, depth: Int) -> [RecoverySummary] {
      do {
        var found: [RecoverySummary] = []
        for name in try directory.entries() {
          if let h5 = Journal.h5Name(besides: name) {
            found.append(recover(h5, in: directory))
          } else if depth < SessionRecovery.deepest, let below = subdirectory(name, of: directory, &found) {
            found += recover(in: below, depth: depth + 1)
          }
        }
        return found
      } catch {
        return [RecoverySummary(path: directory.path, outcome: .refused(error.failure()))]
      }
    }

    /// The directory of that name, if it is one. One that may not be searched is reported.
    private func subdirectory(
      _ name: String, of directory: OpenDirectory, _ found: inout [RecoverySummary]
    ) -> OpenDirectory? {
      do {
        return try directory.subdirectory(name)
      } catch {
        switch error.reason {
        case .system(.notDirectory), .system(.tooManySymbolicLinkLevels): break
        default: found.append(RecoverySummary(path: error.path, outcome: .refused(error.failure())))
        }
        return nil
      }
    }

    private func recover(_ name: String, in directory: OpenDirectory) -> RecoverySummary {
      let place = H5Place(directory: directory.descriptor, name: name, path: directory.path(of: name))
      let path = directory.path(of: name)
      do {
        switch try H5Recovery.recover(place) {
        case .rolledBack(let pages, let length):
          return RecoverySummary(path: path, outcome: .rolledBack(pages: pages, length: length))
        case .removedUnfinishedJournal, .nothingToDo:
          return RecoverySummary(path: path, outcome: .removedUnfinishedJournal)
        }
      } catch {
        return RecoverySummary(path: path, outcome: afterRefusal(error, place, directory))
      }
    }

    private func afterRefusal(
      _ error: any Error, _ place: H5Place, _ directory: OpenDirectory
    ) -> RecoverySummary.Outcome {
      do throws(Failure) {
        return try SessionReading.describing {
          let code = (error as? H5Error)?.code
          if discardsRefused, code?.isAboutTheJournal == true {
            return .setAside(directory.path(of: try H5Recovery.setJournalAside(place)))
          }
          throw code == .missing ? try missingFile(place, directory) : error
        }
      } catch {
        return .refused(error)
      }
    }

    /// The journal's .h5 is not there: perhaps it has another name now.
    private func missingFile(_ place: H5Place, _ directory: OpenDirectory) throws -> Failure {
      let name = try H5Recovery.journaledInode(place).flatMap { inode in
        try directory.entries().first { try directory.stamp(of: $0)?.inode == inode }
      }
      let remedy =
        name.map { "it is now called \($0): give it its old name back and recover it" }
        ?? "bring it back and recover it, or set its journal aside with --discard-journal"
      return Failure(
        .badData, place.path, "is gone, and the journal of an interrupted commit is still there",
        remedy: remedy)
    }
  }
}

extension H5Error.Code {
  /// Whether the journal itself is of no use, so that trying again later would not help.
  fileprivate var isAboutTheJournal: Bool {
    switch self {
    case .refused, .missing: true
    default: false
    }
  }
}

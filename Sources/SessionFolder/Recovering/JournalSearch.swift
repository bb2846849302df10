import FileAccess
import HDF5File
import SystemPackage
import Vocabulary

/// Looks for journals and recovers what they belong to, one after the other: none keeps the others from their recovery.
struct JournalSearch {
  let searchesBelow: Bool
  /// Whether journals that do not fit their file are set aside.
  let discardsRefused: Bool

  /// How far below a directory is looked.
  private static let deepest = 16

  /// A person may name the .h5 or its journal; either may be missing.
  func recover(file path: String) throws -> [RecoverySummary] {
    let file = FilePath(path)
    guard let last = file.lastComponent?.string else { throw missing(path) }
    let parent = file.removingLastComponent()
    let directory = try OpenDirectory(at: parent.isEmpty ? "." : parent.string)
    let name = Journal.h5Name(besides: last) ?? last
    if try directory.stamp(of: Journal.name(besides: name)) != nil {
      return recover(name, in: directory).map { [$0] } ?? []
    }
    guard try directory.stamp(of: name) != nil else { throw missing(path) }
    // A link's journal lies beside the file itself: a link is refused here as everywhere.
    try directory.openFile(name).close()
    return []
  }

  private func missing(_ path: String) -> Failure {
    Failure(.noInput, path, "does not exist", remedy: "name an .h5 or a directory that holds some")
  }

  func recover(in directory: OpenDirectory, depth: Int = 0) -> [RecoverySummary] {
    do {
      var found: [RecoverySummary] = []
      let names = try directory.entries()
      defer { removeLeftovers(in: directory, names) }
      for name in names {
        if let h5 = Journal.h5Name(besides: name) {
          if let summary = recover(h5, in: directory) { found.append(summary) }
        } else if searchesBelow, depth < Self.deepest, let below = subdirectory(name, of: directory, &found) {
          found += recover(in: below, depth: depth + 1)
        }
      }
      return found
    } catch {
      return [Self.unsearched(error)]
    }
  }

  /// Removes what killed commits have left beside the networks. What cannot be removed does no harm.
  private func removeLeftovers(in directory: OpenDirectory, _ names: [String]) {
    let files = names.filter { !$0.hasPrefix(".") && $0.hasSuffix(Session.h5Extension) }
    guard files.count == 1 else { return }
    let place = ResultsPlace(directory: directory, h5: files[0])
    guard let artifacts = try? Artifacts.existing(in: place), (try? artifacts.leftovers)?.isEmpty == false
    else { return }
    try? H5Transaction.locking(place.file) { _ in try artifacts.removeLeftovers() }
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
      default: found.append(Self.unsearched(error))
      }
      return nil
    }
  }

  private static func unsearched(_ error: FileError) -> RecoverySummary {
    RecoverySummary(path: error.path, outcome: .refused(error.failure(), mayBeDiscarded: false))
  }

  /// Nil where there is no journal any more: the commit has come to its end.
  private func recover(_ name: String, in directory: OpenDirectory) -> RecoverySummary? {
    let path = directory.path(of: name)
    let place = H5Place(directory: directory.descriptor, name: name, path: path)
    do {
      switch try H5Recovery.recover(place) {
      case .rolledBack(let pages, let length):
        return RecoverySummary(path: path, outcome: .rolledBack(pages: pages, length: length))
      case .removedUnfinishedJournal:
        return RecoverySummary(path: path, outcome: .removedUnfinishedJournal)
      case .nothingToDo: return nil
      }
    } catch {
      return RecoverySummary(path: path, outcome: afterRefusal(error, place, directory))
    }
  }

  private func afterRefusal(
    _ error: any Error, _ place: H5Place, _ directory: OpenDirectory
  ) -> RecoverySummary.Outcome {
    let mayBeDiscarded = (error as? H5Error)?.code.mayBeDiscarded ?? false
    do throws(Failure) {
      return try SessionReading.describing {
        if discardsRefused && mayBeDiscarded {
          return .setAside(directory.path(of: try H5Recovery.setJournalAside(place)))
        }
        throw (error as? H5Error)?.code == .missing ? try missingFile(place, directory) : error
      }
    } catch {
      return .refused(error, mayBeDiscarded: mayBeDiscarded)
    }
  }

  /// The journal's .h5 is not there: perhaps it has another name now.
  private func missingFile(_ place: H5Place, _ directory: OpenDirectory) throws -> Failure {
    let name = try H5Recovery.journaledInode(place).flatMap { inode in
      try directory.entries().first { try directory.stamp(of: $0)?.inode == inode }
    }
    let remedy =
      name.map { "it is now called \($0): give it its old name back and recover it" }
      ?? "bring it back and recover it, or set its journal aside with blechctl recover --discard-journal"
    return Failure(
      .badData, place.path, "is gone, and the journal of an interrupted commit is still there", remedy: remedy
    )
  }
}

extension H5Error.Code {
  /// Whether the journal itself is of no use, so that trying again later would not help.
  fileprivate var mayBeDiscarded: Bool {
    switch self {
    case .refused(let refusal): refusal.mayBeDiscarded
    case .missing: true
    default: false
    }
  }
}

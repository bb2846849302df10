import FileAccess
import FoundationEssentials
import Vocabulary

/// `status.json` in the runtime directory: replaced as a whole, so that a reader never sees half of one.
public struct StatusFile: Sendable {
  /// Not more often than this is it written,
  public static let shortestInterval = Duration.seconds(1)
  /// and not less often, so that a reader can tell a daemon that hangs.
  public static let longestInterval = Duration.seconds(30)

  private static let name = "status.json"
  private let directory: String

  /// - Parameter directory: the runtime directory, which is created where it is missing.
  public init(in directory: String) { self.directory = directory }

  /// - Throws: `Failure` where it cannot be written.
  public func write(_ document: StatusDocument) throws(Failure) {
    do {
      let text = try JSONDocument.text(document)
      try OpenDirectory(creatingAt: directory, mode: 0o755).write(
        Self.name, Array(text.utf8), isDurable: false)
    } catch let error as FileError {
      throw error.failure()
    } catch {
      throw Failure(.internalError, directory, "\(error)", remedy: "please report this")
    }
  }

  /// Makes the runtime directory where it is missing.
  public static func makeDirectory(_ path: String) throws(Failure) {
    do { _ = try OpenDirectory(creatingAt: path, mode: 0o755) } catch { throw error.failure() }
  }

  /// The daemon ends in good order: nobody is to take the last status for the present one.
  public func remove() { try? OpenDirectory(at: directory).remove(Self.name) }
}

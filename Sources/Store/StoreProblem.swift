import FileAccess
import GRDB
import Vocabulary

/// Why the store did not do what it was to do, told apart by what can be done about it.
enum StoreProblem: Error, Equatable {
  /// The disk is full, read-only or gone, or the store is busy: to be tried again later.
  case unavailable(Failure)
  /// The database is damaged: nothing helps but to begin a new one.
  case damaged(Failure)
  /// What was to be written cannot be written, whenever it is tried.
  case unfit(Failure)

  var failure: Failure {
    switch self {
    case .unavailable(let failure), .damaged(let failure), .unfit(let failure): failure
    }
  }

  /// - Parameter path: of the database.
  init(_ error: any Error, at path: String) {
    switch error {
    case let problem as StoreProblem: self = problem
    case let error as FileError: self = .unavailable(error.failure(remedy: Self.remedy(for: error)))
    case let error as DatabaseError: self.init(error, at: path)
    default: self = .unfit(Self.defect("\(error)", at: path))
    }
  }

  private init(_ error: DatabaseError, at path: String) {
    let message = error.message ?? "\(error.resultCode)"
    func unavailable(_ code: ExitCode, _ what: String, _ remedy: String) -> StoreProblem {
      .unavailable(Failure(code, path, what, remedy: remedy))
    }
    self =
      switch error.resultCode {
      case .SQLITE_CORRUPT, .SQLITE_NOTADB: .damaged(Self.damage(message, at: path))
      case .SQLITE_FULL:
        unavailable(.cannotWrite, "cannot be written: the disk is full", "free some disk space")
      case .SQLITE_PERM, .SQLITE_AUTH: unavailable(.notPermitted, message, Self.writeRemedy)
      case .SQLITE_READONLY, .SQLITE_CANTOPEN:
        unavailable(.cannotWrite, "cannot be written: \(message)", Self.writeRemedy)
      case .SQLITE_IOERR:
        unavailable(.cannotWrite, "cannot be read or written: \(message)", "check the disk that it lies on")
      case .SQLITE_BUSY, .SQLITE_LOCKED:
        unavailable(.temporary, "is in use by another program: \(message)", "end whatever holds it open")
      case .SQLITE_NOMEM, .SQLITE_INTERRUPT, .SQLITE_MISUSE: unavailable(.temporary, message, "try again")
      default: .unfit(Self.defect(message, at: path))
      }
  }

  private static let writeRemedy = "see to it that blechd may write to the state directory"

  static func damage(_ what: String, at path: String) -> Failure {
    Failure(.badData, path, "is damaged: \(what)", remedy: "")
  }

  private static func defect(_ what: String, at path: String) -> Failure {
    Failure(.internalError, path, what, remedy: "please report this")
  }

  private static func remedy(for error: FileError) -> String {
    error.reason == .system(.noSpace) ? "free some disk space" : writeRemedy
  }
}

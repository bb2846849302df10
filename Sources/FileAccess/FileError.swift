import SystemPackage
import Vocabulary

/// A system call on a file that failed, or a file that is not what it has to be.
public struct FileError: Error, Equatable, CustomStringConvertible, Sendable {
  public enum Reason: Equatable, Sendable {
    case system(Errno)
    case notRegular
    case tooLarge(bytes: Int64, limit: Int)
  }

  public var path: String
  public var operation: String
  public var reason: Reason
  /// Whether something was to be written: then a missing parent is no missing input.
  public var isWriting = false

  public init(path: String, operation: String, reason: Reason, isWriting: Bool = false) {
    self.path = path
    self.operation = operation
    self.reason = reason
    self.isWriting = isWriting
  }

  public var description: String { "\(path): cannot \(operation): \(explanation)" }

  private var explanation: String {
    switch reason {
    // Opening by name without following links is what fails this way.
    case .system(.tooManySymbolicLinkLevels): "it is a symbolic link, which is not followed"
    case .system(let errno): "\(errno)"
    case .notRegular: "it is not a regular file"
    case .tooLarge(let bytes, let limit): "it has \(bytes) bytes, more than the \(limit) that are read"
    }
  }

  /// The failure as a person is told it.
  public func failure(remedy: String = "") -> Failure {
    let code: ExitCode =
      switch reason {
      case .system(.noSuchFileOrDirectory), .system(.notDirectory): isWriting ? .cannotWrite : .noInput
      case .system(.permissionDenied), .system(.notPermitted): .notPermitted
      case .system(.readOnlyFileSystem), .system(.noSpace), .system(.ioError): .cannotWrite
      case .system(let errno) where errno.rawValue == 122: .cannotWrite  // EDQUOT
      // A server that is away for a while.
      case .system(.timedOut), .system(.socketNotConnected), .system(.hostIsDown), .system(.noRouteToHost),
        .system(.networkDown), .system(.networkUnreachable), .system(.connectionReset),
        .system(.connectionAbort):
        .temporary
      case .system(.tooManyOpenFiles), .system(.tooManyOpenFilesInSystem), .system(.noMemory),
        .system(.resourceBusy), .system(.resourceTemporarilyUnavailable), .system(.staleNFSFileHandle):
        .temporary
      case .system, .notRegular, .tooLarge: .badData
      }
    return Failure(code, path, "cannot \(operation): \(explanation)", remedy: remedy.isEmpty ? hint : remedy)
  }

  private var hint: String {
    switch reason {
    case .system(.permissionDenied), .system(.notPermitted):
      "run as a user who may, or grant access with chmod, chgrp or setfacl"
    case .system(.noSpace): "free some disk space and try again"
    case .system(.readOnlyFileSystem): "write elsewhere with --output-only DIR"
    case .system(.tooManySymbolicLinkLevels), .notRegular: "put the file itself there"
    default: ""
    }
  }
}

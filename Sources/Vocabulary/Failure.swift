/// How every program of blechd ends, for scripts: after sysexits.h where it has a code that fits.
public enum ExitCode: Int32, Codable, Sendable {
  /// Done, or nothing to do.
  case success = 0
  /// Some of several failed.
  case partial = 1
  /// The command line is wrong.
  case usage = 64
  /// The session's data, or its parameters, cannot be used.
  case badData = 65
  /// No such directory, or no .h5 in it.
  case noInput = 66
  /// The daemon is not running.
  case unavailable = 69
  /// A defect of blechd.
  case internalError = 70
  /// The results cannot be written.
  case cannotWrite = 73
  /// Busy or unfinished: try again.
  case temporary = 75
  /// The system does not permit it.
  case notPermitted = 77
  /// The configuration is wrong.
  case badConfiguration = 78
  /// Ended by Ctrl-C.
  case interrupted = 130
}

/// What a person is told when something fails: what, where, and what to do.
public struct Failure: Error, Codable, Equatable, CustomStringConvertible, Sendable {
  public var code: ExitCode
  /// The file, object or parameter concerned.
  public var place: String
  public var what: String
  public var remedy: String
  /// Where a session is merely not ready yet, why.
  public var unreadiness: Unreadiness?

  public init(
    _ code: ExitCode, _ place: String, _ what: String, remedy: String, unreadiness: Unreadiness? = nil
  ) {
    self.code = code
    self.place = place
    self.what = what
    self.remedy = remedy
    self.unreadiness = unreadiness
  }

  /// Somebody ended it with Ctrl-C or SIGTERM.
  public static func interruption(of place: String) -> Failure {
    Failure(.interrupted, place, "was interrupted", remedy: "")
  }

  /// One line; control characters of file names are escaped.
  public var description: String {
    ("\(place): \(what)" + (remedy.isEmpty ? "" : "; \(remedy)")).escapingControls
  }
}

/// What the daemon says to somebody who steers it: version 1, names in snake case.
public struct SteeringAnswer: Codable, Equatable, Sendable {
  public enum Verb: String, CaseIterable, Codable, Sendable {
    case retry, retrain, cancel, first, pause, resume, process
    case processBacklog = "process_backlog"
    case reload
  }

  public var version = 1
  public var verb: Verb
  /// Paths of the sessions that this concerned, at most `mostSessions`.
  public var sessions: [String]
  public var sessionsLeftOut: Int
  /// For people: a sentence that can be understood by itself, so that it names the session where there is one.
  public var message: String

  public static let mostSessions = 1000

  /// - Parameter sessions: all of them.
  public init(_ verb: Verb, sessions: [String] = [], message: String) {
    self.verb = verb
    self.sessions = Array(sessions.prefix(Self.mostSessions))
    sessionsLeftOut = sessions.count - self.sessions.count
    self.message = message
  }
}

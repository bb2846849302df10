import FoundationEssentials
import Vocabulary

/// What a client asks of the daemon: one JSON document on one line,
/// `{"version":1,"verb":{"why":{"directory":"/data/a"}}}`.
public struct ControlRequest: Codable, Equatable, Sendable {
  public static let version = 1
  /// Longest line that the daemon reads, in bytes, without its end.
  public static let longestLine = 64 << 10

  public enum Verb: Codable, Equatable, Sendable {
    /// What the daemon is doing.
    case status
    /// Why the session in `directory` is in the state that it is in.
    case why(directory: String)

    // Directories are absolute paths here and above, without symbolic links.

    /// Look at the session now, and try again what has failed.
    case retry(directory: String)
    /// Infer every job of the session anew, whatever is there already.
    case retrain(directory: String)
    /// Give up what is queued or under way for the session.
    case cancel(directory: String)
    /// Put the session before all others that wait.
    case first(directory: String)
    /// Begin no more work until `resume`.
    case pause
    case resume
    /// Take the sessions in and below `directory` although they are of the backlog.
    case process(directory: String)
    /// The same for the whole backlog.
    case processBacklog
    /// Read the configuration anew.
    case reload

    /// The verbs by name; the compiler keeps them complete.
    enum CodingKeys: String, CodingKey, CaseIterable {
      case status, why, retry, retrain, cancel, first, pause, resume, process
      case processBacklog = "process_backlog"
      case reload
    }
  }

  public var version = Self.version
  public var verb: Verb

  public init(_ verb: Verb) { self.verb = verb }
}

extension ControlRequest {
  /// The request on `line`.
  ///
  /// - Throws: `.usage` that says what is wrong with it, for whoever wrote the client.
  init(line: [UInt8]) throws(Failure) {
    let data = Data(line)
    guard let outline = try? JSONDecoder().decode(Outline.self, from: data) else {
      throw Self.refusal(
        #"is no JSON object of the form {"version":1,"verb":{"status":{}}}"#, remedy: "send one on each line")
    }
    guard outline.version == Self.version else {
      throw Self.refusal(
        "is of version \(outline.version); this daemon speaks version \(Self.version)",
        remedy: Self.oneVersion)
    }
    let names = Verb.CodingKeys.allCases.map(\.rawValue)
    guard let name = outline.verb?.keys.first, outline.verb?.count == 1 else {
      throw Self.refusal("does not have one verb", remedy: "use one of \(names.joined(separator: ", "))")
    }
    guard names.contains(name) else {
      throw Self.refusal(
        "has a verb that this daemon does not know: \(name.prefix(Self.longestQuote))",
        remedy: "it knows \(names.joined(separator: ", ")); \(Self.oneVersion)")
    }
    guard let request = try? JSONDecoder().decode(Self.self, from: data) else {
      throw Self.refusal("lacks what the verb \(name) needs", remedy: Self.oneVersion)
    }
    self = request
  }

  /// As a client sends it, with the line's end.
  var line: [UInt8] {
    guard let data = try? JSONEncoder().encode(self) else { preconditionFailure("a request is plain text") }
    return Array(data) + [UInt8(ascii: "\n")]
  }

  private static let oneVersion = "install blechctl and blechd of one version and restart the daemon"
  /// How much of a client's own text is told back to it, in characters.
  private static let longestQuote = 60

  private static func refusal(_ what: String, remedy: String) -> Failure {
    Failure(.usage, "request", what, remedy: remedy)
  }

  /// What every version of a request has, so that another one is told from garbage.
  private struct Outline: Decodable {
    let version: Int
    let verb: [String: Whatever]?
  }
}

/// Any JSON value, not looked at.
struct Whatever: Decodable {
  init(from decoder: any Decoder) {}
}

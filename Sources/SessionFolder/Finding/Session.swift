import FileAccess
import Vocabulary

/// A session directory that holds what a session consists of: exactly one .h5 and its .info.
public struct Session {
  public let directory: OpenDirectory
  /// The .h5's name.
  public let h5: String
  /// The .info's name.
  public let info: String

  static let executionLog = "execution_log.json"
  static let inferenceParameters = "blechrnn_params.json"
  /// Largest JSON file that is read, in bytes.
  static let longestJSON = 16 << 20

  /// The .h5's name without its extension.
  public var name: String { String(h5.dropLast(Self.h5Extension.count)) }

  /// Holds, among others, when the stimulus is delivered. Older sessions lack it.
  var params: String { name + ".params" }

  static let h5Extension = ".h5"

  /// Finds the session in the directory at `path`.
  ///
  /// - Throws: `Failure` with `.noInput` where there is no directory, .h5 or .info, `.badData` where there
  ///   are two. A directory without exactly one .h5 and one .info is incomplete.
  public init(at path: String) throws(Failure) {
    do {
      directory = try OpenDirectory(at: path)
      let names = try directory.entries().filter { !$0.hasPrefix(".") }
      h5 = try Self.one(
        of: names.filter { $0.hasSuffix(Self.h5Extension) }, kind: ".h5", in: path,
        remedy: "name the directory that blech_clust made for the recording")
      let infos = names.filter { $0.hasSuffix(".info") }
      let own = String(h5.dropLast(Self.h5Extension.count)) + ".info"
      info =
        infos.contains(own)
        ? own : try Self.one(of: infos, kind: ".info", in: path, remedy: "run blech_exp_info.py first")
    } catch let error as FileError {
      throw error.failure(remedy: "name a session's directory that you may read")
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(.internalError, path, "\(error)", remedy: "")
    }
  }

  private static func one(
    of names: [String], kind: String, in path: String, remedy: String
  ) throws(Failure) -> String {
    guard let first = names.first else {
      throw Failure(
        .noInput, path, "there is no \(kind) in it", remedy: remedy, unreadiness: .incomplete)
    }
    guard names.count == 1 else {
      throw Failure(
        .badData, path,
        "there are \(names.count) \(kind) files in it (\(names.prefix(3).joined(separator: ", ")))",
        remedy: "a session has exactly one; move the others away", unreadiness: .incomplete)
    }
    return first
  }

  /// The stamps of every file that decides about the session.
  public func stamps() throws(FileError) -> SessionStamps {
    var stamps: SessionStamps = [:]
    for name in [h5, info, params, Self.executionLog, Self.inferenceParameters] {
      stamps[name] = try directory.stamp(of: name)
    }
    return stamps
  }

  /// One of the session's JSON files, or nil if there is none.
  func json(_ name: String) throws(Failure) -> JSONValue? {
    guard let bytes = try bytes(of: name) else { return nil }
    do throws(JSONParser.Problem) {
      return try JSONParser.parse(bytes)
    } catch {
      let (what, remedy) =
        switch error {
        case .invalid: ("is not valid JSON", "if a script is writing it, try again; otherwise restore it")
        case .tooDeep: ("nests more than \(JSONParser.deepest) deep, as no script writes it", "restore it")
        case .tooManyValues:
          ("holds more than \(JSONParser.mostValues) values, as no script writes it", "restore it")
        }
      throw Failure(.badData, directory.path(of: name), what, remedy: remedy)
    }
  }

  func bytes(of name: String) throws(Failure) -> [UInt8]? {
    do {
      guard try directory.stamp(of: name) != nil else { return nil }
      return try directory.read(name, limit: Self.longestJSON)
    } catch {
      throw error.failure()
    }
  }
}

import FileAccess
import FoundationEssentials
import Vocabulary

/// When each root was first watched, in the state directory: sessions sorted before are its backlog.
public struct RootRegister: Sendable {
  private struct Document: Codable {
    var version = 1
    /// Seconds since 1970 by path.
    var firstWatched: [String: Int64]
  }

  private static let name = "watched_roots.json"
  /// Room for some thousand roots, in bytes.
  private static let longestFile = 1 << 20

  private let directory: String

  /// - Parameter directory: the state directory.
  public init(in directory: String) { self.directory = directory }

  /// The moments for these roots, in seconds since 1970, in their order. A root that was never watched begins now.
  ///
  /// A register that cannot be read is set aside; then every root begins now.
  ///
  /// - Returns: and where the unreadable one went, if there was one.
  /// - Throws: `Failure` where it cannot be written.
  public func firstWatched(_ roots: [String], now: Int64) throws(Failure) -> (
    times: [Int64], setAside: String?
  ) {
    do {
      let place = try OpenDirectory(creatingAt: directory, mode: 0o755)
      var (known, setAside) = try read(place)
      let before = known
      for root in roots where known[root] == nil { known[root] = now }
      if known != before {
        try place.write(Self.name, Array(try JSONEncoder().encode(Document(firstWatched: known))))
      }
      return (roots.map { known[$0]! }, setAside)
    } catch let error as FileError {
      throw error.failure(remedy: "check who may write there")
    } catch {
      throw Failure(.internalError, directory, "\(error)", remedy: "please report this")
    }
  }

  /// When a root was first watched, if it ever was and the register can be read: in seconds since 1970.
  public func firstWatched(_ root: String) -> Int64? {
    all[root]
  }

  /// All that are known, in seconds since 1970 by path; none where the register cannot be read.
  public var all: [String: Int64] {
    guard let place = try? OpenDirectory(at: directory),
      let bytes = try? place.read(Self.name, limit: Self.longestFile)
    else { return [:] }
    return (try? JSONDecoder().decode(Document.self, from: Data(bytes)))?.firstWatched ?? [:]
  }

  /// Puts what another place remembers into the register.
  ///
  /// - Throws: `Failure` where it cannot be written.
  public func restore(_ times: [String: Int64]) throws(Failure) {
    do {
      let place = try OpenDirectory(creatingAt: directory, mode: 0o755)
      let known = try read(place).known.merging(times) { min($0, $1) }
      try place.write(Self.name, Array(try JSONEncoder().encode(Document(firstWatched: known))))
    } catch let error as FileError {
      throw error.failure(remedy: "check who may write there")
    } catch {
      throw Failure(.internalError, directory, "\(error)", remedy: "please report this")
    }
  }

  private func read(_ place: OpenDirectory) throws(FileError) -> (known: [String: Int64], setAside: String?) {
    guard try place.stamp(of: Self.name) != nil else { return ([:], nil) }
    let bytes = try place.read(Self.name, limit: Self.longestFile)
    if let document = try? JSONDecoder().decode(Document.self, from: Data(bytes)), document.version == 1 {
      return (document.firstWatched, nil)
    }
    let aside = Self.name + ".damaged"
    try place.write(aside, bytes)
    try place.remove(Self.name)
    return ([:], place.path(of: aside))
  }
}

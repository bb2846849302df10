import Crypto
import FoundationEssentials
import Vocabulary

/// What determines an inspection beside the session's files: how they are read, and by which version. Inspections with
/// another key say nothing.
public struct InspectionKey: Hashable, Sendable {
  /// 64 lower-case hexadecimal digits.
  public let hex: String

  /// - Parameter source: its directory is left out of account.
  public init(_ source: SessionSource) { self.init(source, version: Software.version) }

  init(_ source: SessionSource, version: String) {
    var source = source
    source.directory = ""
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    // A number that JSON does not know is told apart as well.
    let text = (try? encoder.encode(source)) ?? Data("\(source)".utf8)
    var hash = SHA256()
    hash.update(data: Data("\(version)\n".utf8))
    hash.update(data: text)
    hex = hash.finalize().hexadecimal
  }
}

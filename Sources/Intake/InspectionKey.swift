import Crypto
import FoundationEssentials
import Vocabulary

/// What an inspection depends on beside the session's own files: how it is to be read, and by which program.
public struct InspectionKey: Equatable, Sendable {
  /// 64 hexadecimal digits.
  public let text: String

  public init(_ source: SessionSource, version: String = Software.version) {
    var source = source
    // That is known by the path under which the key is kept.
    source.directory = ""
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    guard let bytes = try? encoder.encode(source) else {
      preconditionFailure("a source is plain text and numbers")
    }
    text = SHA256.hash(data: bytes + Array(version.utf8)).hexadecimal
  }
}

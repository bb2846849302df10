import FoundationEssentials
import Vocabulary

/// What the daemon says to one request, on one line: `{"version":1,"answer":...}` or
/// `{"version":1,"failure":...}`, the keys in this order, so that an answer is cut out without taking it
/// apart.
enum ControlResponse: Equatable, Sendable {
  /// A JSON document, which nothing here looks into.
  case answered([UInt8])
  case failed(Failure)

  /// Longest document of an answer, in bytes.
  static let longestDocument = 64 << 20
  /// Longest line, in bytes: a document, or a failure, with what stands around it.
  static let longestLine = longestDocument + (64 << 10)

  private static let answerStart = Array(#"{"version":1,"answer":"#.utf8)
  private static let failureStart = Array(#"{"version":1,"failure":"#.utf8)
  private static let lineEnd = UInt8(ascii: "\n")

  /// As the daemon sends it, with the line's end.
  ///
  /// - Parameter longestDocument: in bytes; a failure takes the place of a longer one.
  func line(longestDocument: Int = Self.longestDocument) -> [UInt8] {
    switch self {
    case .answered(let document) where document.count > longestDocument:
      return Self.failed(
        Failure(
          .internalError, "answer",
          "has \(document.count) bytes, more than the \(longestDocument) that are sent",
          remedy: "please report this")
      ).line()
    case .answered(let document):
      // In JSON, a line's end stands only between values, where a space does as well.
      return Self.line(Self.answerStart, document.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 })
    case .failed(let failure):
      guard let data = try? JSONEncoder().encode(failure) else {
        preconditionFailure("a failure is plain text")
      }
      return Self.line(Self.failureStart, Array(data))
    }
  }

  private static func line(_ start: [UInt8], _ value: [UInt8]) -> [UInt8] {
    var line: [UInt8] = []
    line.reserveCapacity(start.count + value.count + 2)
    line += start
    line += value
    line += [UInt8(ascii: "}"), lineEnd]
    return line
  }

  /// The response on `line`, which has no line's end, or nil if it is none.
  ///
  /// - Throws: `.internalError` where the other side speaks another version.
  static func read(line: [UInt8]) throws(Failure) -> ControlResponse? {
    if line.starts(with: answerStart), line.last == UInt8(ascii: "}") {
      let document = Array(line[answerStart.count..<(line.count - 1)])
      return (try? JSONDecoder().decode(Whatever.self, from: Data(document))).map { _ in .answered(document) }
    }
    guard let outline = try? JSONDecoder().decode(Outline.self, from: Data(line)) else { return nil }
    guard outline.version == ControlRequest.version else {
      throw Failure(
        .internalError, "blechd",
        "answers in version \(outline.version) of the protocol, not in \(ControlRequest.version)",
        remedy: "install blechctl and blechd of one version and restart the daemon")
    }
    return outline.failure.map { .failed($0) }
  }

  private struct Outline: Decodable {
    let version: Int
    let failure: Failure?
  }
}

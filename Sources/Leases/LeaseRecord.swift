import FoundationEssentials
import Vocabulary

/// What a lease file says of who holds it.
struct LeaseRecord: Codable, Equatable, Sendable {
  var version = Self.version
  var process: ProcessIdentity
  /// As a person knows it: `blechd`, `blechctl infer`.
  var program: String
  /// ISO 8601.
  var acquired: String
  /// Tells this lease from every other.
  var nonce: String

  static let version = 1

  /// A new lease of this process.
  init(program: String) {
    process = .own()
    self.program = String(program.prefix(64))
    acquired = Date.now.formatted(.iso8601)
    nonce = UUID().uuidString
  }
}

/// What stands in a lease file.
enum LeaseContent: Equatable, Sendable {
  case record(LeaseRecord)
  /// Nothing yet, nothing that is understood, or more than is read.
  case unreadable

  /// How much of a file is read, in bytes.
  static let longest = 4096
  /// Every record fills so many bytes, the last one of which, a line's end, can be written again without changing any.
  static let length = 2048

  init(_ bytes: [UInt8]) {
    guard bytes.count <= Self.longest,
      let record = try? JSONDecoder().decode(LeaseRecord.self, from: Data(bytes)),
      record.version == LeaseRecord.version, record.process.pid > 0
    else {
      self = .unreadable
      return
    }
    self = .record(record)
  }

  func isOf(_ record: LeaseRecord) -> Bool {
    if case .record(let own) = self { own.nonce == record.nonce } else { false }
  }

  /// Who holds the lease, as a person is told it.
  var holder: String {
    switch self {
    case .record(let record):
      "\(record.program.prefix(64)) on \(record.process.host.prefix(255)) (process \(record.process.pid), "
        + "since \(record.acquired.prefix(32)))"
    case .unreadable: "another program (its lease cannot be read)"
    }
  }
}

extension LeaseRecord {
  /// As it stands in the file.
  var bytes: [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let text = (try? encoder.encode(self)).map { Array($0) } ?? []
    precondition(text.count < LeaseContent.length, "its texts are bounded")
    return text + Array(repeating: UInt8(ascii: " "), count: LeaseContent.length - 1 - text.count)
      + [UInt8(ascii: "\n")]
  }
}

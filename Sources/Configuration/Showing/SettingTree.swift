/// A configuration as keys and values, to be written as YAML or JSON.
public indirect enum SettingTree: Equatable, Sendable {
  case null
  case truth(Bool)
  case whole(Int)
  case decimal(Double)
  /// One of the configuration's own words, which needs no quotes.
  case word(String)
  /// What a person or a file system named.
  case text(String)
  case list([SettingTree])
  /// In the order in which it is shown.
  case mapping([Entry])

  public struct Entry: Equatable, Sendable {
    public var key: String
    public var value: SettingTree

    public init(_ key: String, _ value: SettingTree) {
      self.key = key
      self.value = value
    }
  }

  static func orNull<Value>(_ value: Value?, _ tree: (Value) -> SettingTree) -> SettingTree {
    value.map(tree) ?? .null
  }
}

extension SettingTree: Encodable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue _: Int) { nil }
  }

  public func encode(to encoder: any Encoder) throws {
    if case .mapping(let entries) = self {
      var container = encoder.container(keyedBy: Key.self)
      for entry in entries { try container.encode(entry.value, forKey: Key(stringValue: entry.key)) }
      return
    }
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .truth(let value): try container.encode(value)
    case .whole(let value): try container.encode(value)
    case .decimal(let value): try container.encode(value)
    case .word(let value), .text(let value): try container.encode(value)
    case .list(let items): try container.encode(items)
    case .mapping: break
    }
  }
}

// MARK: YAML

extension SettingTree {
  /// As the lines of a YAML file: mappings and lists of them in blocks, everything else on its key's line.
  public var yamlLines: [String] {
    switch self {
    case .mapping(let entries) where !entries.isEmpty:
      entries.flatMap { entry in
        entry.value.isBlock
          ? ["\(entry.key):"] + entry.value.yamlLines.map { "  \($0)" }
          : ["\(entry.key): \(entry.value.inline)"]
      }
    case .list(let items) where isBlock:
      items.flatMap { item in
        item.yamlLines.enumerated().map { $0.offset == 0 ? "- \($0.element)" : "  \($0.element)" }
      }
    default: [inline]
    }
  }

  private var isBlock: Bool {
    switch self {
    case .mapping(let entries): !entries.isEmpty
    case .list(let items):
      items.contains { if case .mapping(let entries) = $0 { !entries.isEmpty } else { false } }
    default: false
    }
  }

  private var inline: String {
    switch self {
    case .null: "null"
    case .truth(let value): "\(value)"
    case .whole(let value): "\(value)"
    case .decimal(let value): "\(value)"
    case .word(let value): value
    case .text(let value): Self.isPlain(value) ? value : Self.quoted(value)
    case .list(let items): "[\(items.map(\.inline).joined(separator: ", "))]"
    case .mapping(let entries):
      "{\(entries.map { "\($0.key): \($0.value.inline)" }.joined(separator: ", "))}"
    }
  }

  /// An absolute path of letters and the like means itself everywhere; other text might be a word of YAML's.
  private static func isPlain(_ text: String) -> Bool {
    text.hasPrefix("/")
      && text.utf8.allSatisfy {
        ("a"..."z").contains(Unicode.Scalar($0)) || ("A"..."Z").contains(Unicode.Scalar($0))
          || ("0"..."9").contains(Unicode.Scalar($0)) || "/._-".utf8.contains($0)
      }
  }

  /// In double quotes, with everything escaped that cannot be seen.
  private static func quoted(_ text: String) -> String {
    let escaped = text.unicodeScalars.map { scalar in
      switch scalar {
      case "\"": return "\\\""
      case "\\": return "\\\\"
      default:
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
          let digits = String(scalar.value, radix: 16)
          return "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
        default: return String(scalar)
        }
      }
    }
    return "\"\(escaped.joined())\""
  }
}

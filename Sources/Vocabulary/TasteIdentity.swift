/// Which taste a job infers: one by its index, or all of them pooled. As upstream's group names spell it.
public enum TasteIdentity: Hashable, Sendable, CustomStringConvertible {
  case index(Int)
  case all

  /// The taste in upstream's group names: its index, or `all`.
  public var description: String {
    switch self {
    case .index(let index): "\(index)"
    case .all: "all"
    }
  }

  /// The taste as a number, in seeds and fingerprints: its index, or -1 for all.
  public var number: Int64 {
    switch self {
    case .index(let index): Int64(index)
    case .all: -1
    }
  }
}

/// In JSON: the index, or -1 for all.
extension TasteIdentity: Codable {
  public init(from decoder: any Decoder) throws {
    let number = try decoder.singleValueContainer().decode(Int.self)
    self = number < 0 ? .all : .index(number)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(number)
  }
}

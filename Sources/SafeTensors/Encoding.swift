import FoundationEssentials

/// One tensor's entry in the header.
private struct Entry: Codable {
  var dtype: String
  var shape: [Int]
  var data_offsets: [Int]
}

/// The header: `__metadata__` beside one entry for each tensor.
private struct Header: Codable {
  var metadata: [String: String] = [:]
  var entries: [String: Entry] = [:]

  struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
    static let metadata = Key("__metadata__")
  }

  init() {}

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    for key in container.allKeys {
      if key.stringValue == Key.metadata.stringValue {
        metadata = try container.decode([String: String].self, forKey: key)
      } else {
        entries[key.stringValue] = try container.decode(Entry.self, forKey: key)
      }
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    if !metadata.isEmpty { try container.encode(metadata, forKey: .metadata) }
    for (name, entry) in entries { try container.encode(entry, forKey: Key(name)) }
  }
}

extension SafeTensorsFile {
  /// The file's bytes. Equal contents give equal bytes: names are written in sorted order.
  public func encoded() throws -> [UInt8] {
    var header = Header()
    header.metadata = metadata
    let names = tensors.keys.sorted()
    var offset = 0
    for name in names {
      let tensor = tensors[name]!
      header.entries[name] = Entry(
        dtype: tensor.type.rawValue, shape: tensor.shape,
        data_offsets: [offset, offset + tensor.bytes.count])
      offset += tensor.bytes.count
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var json = Array(try encoder.encode(header))
    // The format wants the data aligned to 8 bytes and allows blanks after the header.
    while !json.count.isMultiple(of: 8) { json.append(UInt8(ascii: " ")) }
    var bytes = withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) }
    bytes.reserveCapacity(8 + json.count + offset)
    bytes += json
    for name in names { bytes += tensors[name]!.bytes }
    return bytes
  }

  /// Largest header that is read: as the format's own limit.
  private static let longestHeader = 100_000_000

  /// Reads a file's bytes; throws `SafeTensorsError` on anything that does not add up.
  public init(decoding bytes: [UInt8]) throws(SafeTensorsError) {
    guard bytes.count >= 8 else { throw .truncated(expected: 8, found: bytes.count) }
    let announced = bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard announced <= Self.longestHeader else { throw .badHeader("it claims \(announced) bytes") }
    let start = 8 + Int(announced)
    guard bytes.count >= start else { throw .truncated(expected: start, found: bytes.count) }
    let header: Header
    do {
      header = try JSONDecoder().decode(Header.self, from: Data(bytes[8..<start]))
    } catch {
      throw .badHeader("\(error)")
    }
    var tensors: [String: Tensor] = [:]
    for (name, entry) in header.entries {
      tensors[name] = try Self.tensor(name, entry, in: bytes[start...])
    }
    self.init(tensors: tensors, metadata: header.metadata)
  }

  private static func tensor(
    _ name: String, _ entry: Entry, in data: ArraySlice<UInt8>
  ) throws(SafeTensorsError) -> Tensor {
    guard let type = TensorType(rawValue: entry.dtype) else {
      throw .badHeader("tensor \(name) has the unknown type \(entry.dtype)")
    }
    var size = type.width
    for extent in entry.shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflow else { throw .badHeader("tensor \(name) has the shape \(entry.shape)") }
      size = product
    }
    let offsets = entry.data_offsets
    guard offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] - offsets[0] == size
    else {
      throw .badHeader("tensor \(name) has the offsets \(offsets) for the shape \(entry.shape)")
    }
    guard offsets[1] <= data.count else { throw .truncated(expected: offsets[1], found: data.count) }
    let bytes = data[(data.startIndex + offsets[0])..<(data.startIndex + offsets[1])]
    return Tensor(type: type, shape: entry.shape, bytes: Array(bytes))
  }
}

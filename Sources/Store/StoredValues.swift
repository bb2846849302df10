import FoundationEssentials
import GRDB

/// A row that holds something else than what was written: the disk has changed it.
struct UnreadableRow: Error {}

extension String {
  /// The text as it is bound. SQLite's text ends at a zero byte, so one with such a byte is stored as bytes.
  var stored: DatabaseValue {
    utf8.contains(0) ? Data(utf8).databaseValue : databaseValue
  }
}

extension Row {
  /// What a column holds: checked, since GRDB's own subscript ends the process where a value is of another kind.
  func required<Value: DatabaseValueConvertible>(_ column: String) throws -> Value {
    guard let value: Value = try optional(column) else { throw UnreadableRow() }
    return value
  }

  func optional<Value: DatabaseValueConvertible>(_ column: String) throws -> Value? {
    let stored: DatabaseValue = self[column]
    if stored.isNull { return nil }
    guard let value = Value.fromDatabaseValue(stored) else { throw UnreadableRow() }
    return value
  }

  func word<Value: RawRepresentable<String>>(_ column: String) throws -> Value {
    guard let value: Value = try optionalWord(column) else { throw UnreadableRow() }
    return value
  }

  func optionalWord<Value: RawRepresentable<String>>(_ column: String) throws -> Value? {
    guard let text: String = try optional(column) else { return nil }
    guard let value = Value(rawValue: text) else { throw UnreadableRow() }
    return value
  }

  func document<Value: Decodable>(_ column: String) throws -> Value? {
    guard let text: String = try optional(column) else { return nil }
    guard let value = StoredJSON.decoded(Value.self, Data(text.utf8)) else { throw UnreadableRow() }
    return value
  }
}

/// JSON that takes every number, as a column does.
enum StoredJSON {
  private static let (infinity, negativeInfinity, notANumber) = ("inf", "-inf", "nan")

  static func encoded(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: infinity, negativeInfinity: negativeInfinity, nan: notANumber)
    return try encoder.encode(value)
  }

  static func text(_ value: (some Encodable)?) throws -> String? {
    try value.map { String(decoding: try encoded($0), as: UTF8.self) }
  }

  static func decoded<Value: Decodable>(_: Value.Type, _ data: Data) -> Value? {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: infinity, negativeInfinity: negativeInfinity, nan: notANumber)
    return try? decoder.decode(Value.self, from: data)
  }
}

import Foundation
import HDF5File
import Testing

/// Reads arrays and attributes that PyTables and h5py wrote; `Fixtures/make_types.py` made them.
@Suite struct ElementTypeTests {
  private static let values: [Double] = [0, 1, 0, 1, 1, 0]

  private func root() throws -> H5Group {
    let path = try #require(Bundle.module.path(forResource: "types", ofType: "h5", inDirectory: "Fixtures"))
    return try open(path).root
  }

  @Test(arguments: [
    "pytables_bool", "h5py_bool", "zlib", "type_i1", "type_u1", "type_i2", "type_i4", "type_i8", "type_u8",
    "type_f4", "type_f8", "type_big_i2", "type_big_i8", "type_big_f4", "type_big_f8",
  ]) func `Every numeric type and byte order reads as the same numbers`(name: String) throws {
    let array = try #require(try root().dataset(name))
    var read = [Double](repeating: -1, count: 6)
    try array.readNumbers(start: [0, 0], count: [2, 3], into: &read)
    #expect(read == Self.values)
    var row = [Double](repeating: -1, count: 2)
    try array.readNumbers(start: [1, 1], count: [1, 2], into: &row)
    #expect(row == [1, 0])
  }

  @Test(arguments: [
    ("blosc", "blosc"), ("virtual", "virtual dataset"), ("external", "external storage"),
    ("soft_link", "link"), ("external_link", "link"), ("text", "text"),
  ]) func `What cannot be read here is refused by name and with its reason`(name: String, reason: String)
    throws
  {
    let root = try root()
    let error = #expect(throws: H5Error.self) {
      var read = [Double](repeating: 0, count: 6)
      try root.dataset(name)!.readNumbers(start: [0, 0], count: [2, 3], into: &read)
    }
    #expect(error?.object == "/\(name)")
    #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "no error")")
  }

  @Test(arguments: [
    ("pytables_text", AttributeValue.text("gustatory cortex ä")), ("pytables_empty", .text("")),
    ("pytables_integer", .integer(5)), ("pytables_number", .number(2.5)), ("h5py_text", .text("variable ä")),
  ]) func `Attributes of PyTables and h5py are read`(name: String, value: AttributeValue) throws {
    #expect(try root().attribute(name) == value)
  }

  @Test func `A scalar has no axes`() throws {
    #expect(try root().dataset("scalar")!.shape() == [])
  }
}

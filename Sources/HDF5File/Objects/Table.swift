import CHDF5

/// One column of a PyTables table.
public struct TableColumn: Sendable {
  public enum Values: Sendable {
    case integers([Int32])
    case numbers([Float])
    /// Fixed-length byte strings of `width` bytes, padded with NUL.
    case texts([String], width: Int)
  }

  public let name: String
  public let values: Values

  public init(_ name: String, _ values: Values) {
    self.name = name
    self.values = values
  }

  var rows: Int {
    switch values {
    case .integers(let values): values.count
    case .numbers(let values): values.count
    case .texts(let values, _): values.count
    }
  }

  /// Bytes of the column in one row.
  var width: Int {
    switch values {
    case .integers, .numbers: 4
    case .texts(_, let width): width
    }
  }

  func appendBytes(ofRow row: Int, to bytes: inout [UInt8]) {
    switch values {
    case .integers(let values): unsafe withUnsafeBytes(of: values[row].littleEndian) { unsafe bytes += $0 }
    case .numbers(let values):
      unsafe withUnsafeBytes(of: values[row].bitPattern.littleEndian) { unsafe bytes += $0 }
    case .texts(let values, let width):
      let text = Array(values[row].utf8.prefix(width))
      bytes += text + [UInt8](repeating: 0, count: width - text.count)
    }
  }

  func type(at location: Location) throws(H5Error) -> Handle {
    let id = try location.attempt("create a column's type") {
      switch values {
      case .integers: H5Tcopy(chdf5_int32_le())
      case .numbers: H5Tcopy(chdf5_float_le())
      case .texts: H5Tcopy(chdf5_c_string())
      }
    }
    let type = Handle(id, close: H5Tclose)
    if case .texts(_, let width) = values {
      try location.attempt("size a column's type") { H5Tset_size(type.id, width) }
    }
    return type
  }
}

extension H5Group {
  /// Creates a table as PyTables' `create_table` does. Every column has the same number of rows.
  public func createTable(_ name: String, columns: [TableColumn]) throws(H5Error) {
    let location = node.location.child(name)
    let rows = columns.first?.rows ?? 0
    precondition(columns.allSatisfy { $0.rows == rows }, "every column must have the same number of rows")
    let rowType = try compoundType(of: columns, at: location)
    let space = try location.attempt("create a dataspace") {
      unsafe H5Screate_simple(1, [hsize_t(rows)], [hsize_t.max])
    }
    let dataset = try createDataset(
      name, type: rowType.id, space: Handle(space, close: H5Sclose), at: location
    ) { list in
      let chunked = unsafe H5Pset_chunk(list, 1, [hsize_t(max(rows, 1024))])
      return chunked < 0 ? chunked : chdf5_no_times(list)
    }
    var bytes: [UInt8] = []
    for row in 0..<rows {
      for column in columns { column.appendBytes(ofRow: row, to: &bytes) }
    }
    if rows > 0 {
      try location.attempt("write the table") {
        unsafe bytes.withUnsafeBytes {
          unsafe H5Dwrite(
            dataset.node.id, rowType.id, chdf5_default, chdf5_default, chdf5_default, $0.baseAddress)
        }
      }
    }
    try dataset.setAttribute("CLASS", .text("TABLE"))
    try dataset.setAttribute("VERSION", .text("2.7"))
    try dataset.setAttribute("TITLE", .text(""))
    for (index, column) in columns.enumerated() {
      try dataset.setAttribute("FIELD_\(index)_NAME", .text(column.name))
    }
    try dataset.setAttribute("NROWS", .integer(Int64(rows)))
  }

  private func compoundType(of columns: [TableColumn], at location: Location) throws(H5Error) -> Handle {
    let width = columns.reduce(0) { $0 + $1.width }
    let type = Handle(
      try location.attempt("create a row's type") { H5Tcreate(H5T_COMPOUND, width) }, close: H5Tclose)
    var offset = 0
    for column in columns {
      let member = try column.type(at: location)
      try location.attempt("add the column \(column.name)") {
        unsafe H5Tinsert(type.id, column.name, offset, member.id)
      }
      offset += column.width
    }
    return type
  }
}

extension H5Dataset {
  /// One integer column of a table, by row.
  public func readColumn(_ column: String, limit: Int = 1 << 20) throws(H5Error) -> [Int64] {
    let location = node.location
    guard try elementType() == .compound else {
      throw location.error(.mismatch, "is an array, a table was expected")
    }
    let rowType = try fileType()
    let index = Library.exclusively { unsafe H5Tget_member_index(rowType.id, column) }
    guard index >= 0 else { throw location.error(.missing, "has no column \(column)") }
    guard Library.exclusively({ H5Tget_member_class(rowType.id, UInt32(index)) }) == H5T_INTEGER else {
      throw location.error(.mismatch, "column \(column) holds no integers")
    }
    let shape = try shape()
    guard shape.count == 1, shape[0] <= limit else {
      throw location.error(.mismatch, "has the shape \(shape), a table has one axis of at most \(limit) rows")
    }
    try refuseUnreadableStorage()
    let type = Handle(
      try location.attempt("create a row's type") { H5Tcreate(H5T_COMPOUND, 8) }, close: H5Tclose)
    try location.attempt("select the column \(column)") {
      unsafe H5Tinsert(type.id, column, 0, chdf5_native_int64())
    }
    var values = [Int64](repeating: 0, count: shape[0])
    if !values.isEmpty {
      try location.attempt("read the table") {
        unsafe values.withUnsafeMutableBytes {
          unsafe H5Dread(node.id, type.id, chdf5_default, chdf5_default, chdf5_default, $0.baseAddress)
        }
      }
    }
    return values
  }
}

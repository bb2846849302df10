import CHDF5

/// An array of an HDF5 file, or a table (an array of rows).
public struct H5Dataset: H5Object {
  let node: Node

  /// Extents, outermost axis first.
  public func shape() throws(H5Error) -> [Int] {
    let space = try fileSpace()
    let rank = try node.location.attempt("read the shape") { H5Sget_simple_extent_ndims(space.id) }
    var extents = [hsize_t](repeating: 0, count: Int(rank))
    try node.location.attempt("read the shape") {
      unsafe H5Sget_simple_extent_dims(space.id, &extents, nil)
    }
    return try extents.map { extent throws(H5Error) in
      guard let extent = Int(exactly: extent) else {
        throw node.location.error(.mismatch, "has an extent of \(extent), more than any machine holds")
      }
      return extent
    }
  }

  public func elementType() throws(H5Error) -> ElementType {
    ElementType(of: try fileType())
  }

  /// Reads a block of numbers, row-major. Integers, floats, enumerations and bitfields of either byte order
  /// are read as doubles.
  ///
  /// - Parameters:
  ///   - start: the block's first index on each axis.
  ///   - count: its extent on each axis; their product is the buffer's length.
  public func readNumbers(
    start: [Int], count: [Int], into buffer: inout [Double]
  ) throws(H5Error) {
    precondition(buffer.count == count.reduce(1, *), "the buffer must hold exactly the block")
    try refuseUnreadableStorage()
    let type = try elementType()
    switch type {
    case .integer, .float: try readBlock(start, count, memory: chdf5_native_double(), into: &buffer)
    case .enumeration:
      var integers = [Int64](repeating: 0, count: buffer.count)
      try readEnumeration(start, count, into: &integers)
      for index in buffer.indices { buffer[index] = Double(integers[index]) }
    case .bitfield(let bytes) where bytes <= 8:
      var bits = [UInt64](repeating: 0, count: buffer.count)
      try readBlock(start, count, memory: chdf5_native_bits64(), into: &bits)
      for index in buffer.indices { buffer[index] = Double(bits[index]) }
    case .bitfield, .text, .compound, .other:
      throw node.location.error(.mismatch, "holds \(type), numbers were expected")
    }
  }

  /// The whole array, row-major. Meant for small arrays: at most `limit` elements.
  public func readAll<Element: H5Element>(
    as _: Element.Type = Element.self, limit: Int = 1 << 28
  ) throws(H5Error) -> [Element] {
    let type = try elementType()
    guard Element.matches(type) else {
      throw node.location.error(.mismatch, "holds \(type), \(Element.self) was expected")
    }
    let shape = try shape()
    let count = shape.reduce(1, *)
    guard count <= limit else {
      throw node.location.error(.mismatch, "holds \(count) elements, at most \(limit) were expected")
    }
    try refuseUnreadableStorage()
    var values = [Element](repeating: .zero, count: count)
    if count > 0 {
      try readBlock(shape.map { _ in 0 }, shape, memory: Element.memoryType, into: &values)
    }
    return values
  }

  private func readBlock<Element>(
    _ start: [Int], _ count: [Int], memory: hid_t, into values: inout [Element]
  ) throws(H5Error) {
    let space = try fileSpace()
    let extents = count.map { hsize_t($0) }
    if !extents.isEmpty {
      try node.location.attempt("select a block") {
        unsafe H5Sselect_hyperslab(space.id, H5S_SELECT_SET, start.map { hsize_t($0) }, nil, extents, nil)
      }
    }
    let block = try dataspace(count, at: node.location)
    try node.location.attempt("read the array") {
      unsafe values.withUnsafeMutableBytes {
        unsafe H5Dread(node.id, memory, block.id, space.id, chdf5_default, $0.baseAddress)
      }
    }
  }

  /// Reads the values as the machine's own form of the enumeration, then converts the integers behind it.
  private func readEnumeration(
    _ start: [Int], _ count: [Int], into integers: inout [Int64]
  ) throws(H5Error) {
    let type = try fileType()
    let native = Handle(
      try node.location.attempt("find the enumeration's type in memory") {
        H5Tget_native_type(type.id, H5T_DIR_DEFAULT)
      }, close: H5Tclose)
    let nativeBase = Handle(
      try node.location.attempt("read the enumeration's base type") { H5Tget_super(native.id) },
      close: H5Tclose)
    // Room for eight bytes an element: the values arrive narrow and are widened in place.
    try readBlock(start, count, memory: native.id, into: &integers)
    let total = integers.count
    try node.location.attempt("convert the enumeration") {
      unsafe integers.withUnsafeMutableBytes {
        unsafe H5Tconvert(nativeBase.id, chdf5_native_int64(), total, $0.baseAddress, nil, chdf5_default)
      }
    }
  }

  private func fileSpace() throws(H5Error) -> Handle {
    Handle(try node.location.attempt("read the shape") { H5Dget_space(node.id) }, close: H5Sclose)
  }

  func fileType() throws(H5Error) -> Handle {
    Handle(try node.location.attempt("read the type") { H5Dget_type(node.id) }, close: H5Tclose)
  }
}

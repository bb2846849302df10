import CHDF5

/// Reads one attribute, whoever wrote it: PyTables, h5py or blechd.
struct Attribute {
  let handle: Handle
  let name: String
  let location: Location

  /// Longer attributes are not ours and would only cost memory.
  private static let longestText = 1 << 20

  func read() throws(H5Error) -> AttributeValue {
    let type = Handle(
      try location.attempt("read the type of the attribute \(name)") { H5Aget_type(handle.id) },
      close: H5Tclose)
    let space = Handle(
      try location.attempt("read the shape of the attribute \(name)") { H5Aget_space(handle.id) },
      close: H5Sclose)
    let rank = try location.attempt("read the shape of the attribute \(name)") {
      H5Sget_simple_extent_ndims(space.id)
    }
    let (isNull, kind) = Library.exclusively {
      (H5Sget_simple_extent_type(space.id) == H5S_NULL, H5Tget_class(type.id))
    }
    switch (kind, rank) {
    case (H5T_STRING, _) where isNull: return .text("")
    case (H5T_STRING, 0): return try readText(type)
    case (H5T_INTEGER, 0) where !isNull:
      return .integer(try read(1, as: Int64.self, memory: chdf5_native_int64())[0])
    case (H5T_FLOAT, 0) where !isNull:
      return .number(try read(1, as: Double.self, memory: chdf5_native_double())[0])
    case (H5T_INTEGER, 1):
      let count = try location.attempt("read the shape of the attribute \(name)") {
        H5Sget_simple_extent_npoints(space.id)
      }
      guard count <= Self.longestText else { return .other }
      return .integers(try read(Int(count), as: Int64.self, memory: chdf5_native_int64()))
    default: return .other
    }
  }

  private func read<Element: BitwiseCopyable & AdditiveArithmetic>(
    _ count: Int, as _: Element.Type, memory: hid_t
  ) throws(H5Error) -> [Element] {
    var values = [Element](repeating: .zero, count: count)
    guard count > 0 else { return values }
    try location.attempt("read the attribute \(name)") {
      unsafe values.withUnsafeMutableBytes { unsafe H5Aread(handle.id, memory, $0.baseAddress) }
    }
    return values
  }

  private func readText(_ type: Handle) throws(H5Error) -> AttributeValue {
    let (isVariable, length) = Library.exclusively { (H5Tis_variable_str(type.id) > 0, H5Tget_size(type.id)) }
    if isVariable { return try readVariableText(type) }
    guard length <= Self.longestText else { return .other }
    var bytes = [UInt8](repeating: 0, count: length)
    try location.attempt("read the attribute \(name)") {
      unsafe bytes.withUnsafeMutableBytes { unsafe H5Aread(handle.id, type.id, $0.baseAddress) }
    }
    return .text(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
  }

  /// As h5py writes text: libhdf5 allocates it, we give it back.
  private func readVariableText(_ type: Handle) throws(H5Error) -> AttributeValue {
    var text: UnsafeMutablePointer<CChar>? = nil
    try location.attempt("read the attribute \(name)") {
      unsafe withUnsafeMutablePointer(to: &text) { unsafe H5Aread(handle.id, type.id, $0) }
    }
    guard let text = unsafe text else { return .text("") }
    defer { _ = Library.exclusively { unsafe H5free_memory(text) } }
    return .text(unsafe String(cString: text))
  }
}

import CHDF5

/// What groups and arrays have in common: a name and attributes.
public protocol H5Object {
  /// The object's absolute path in its file.
  var name: String { get }
  /// The attribute's value, or nil if there is none of that name.
  func attribute(_ name: String) throws(H5Error) -> AttributeValue?
  /// Writes an attribute in the form in which PyTables writes it, over or in place of any of the same name.
  func setAttribute(_ name: String, _ value: AttributeValue) throws(H5Error)
  /// Whether the object has this name alone: a person may have given it another one in the file (a hard link), under which it
  /// would change as well.
  var hasOneName: Bool { get throws(H5Error) }
  func checkOneName() throws(H5Error)
  /// Removes an attribute; it is no error if there is none of that name.
  func removeAttribute(_ name: String) throws(H5Error)
}

/// The attribute types that blechd reads and writes.
public enum AttributeValue: Equatable, Sendable {
  case text(String)
  case integer(Int64)
  case number(Double)
  /// One-dimensional; may be empty.
  case integers([Int64])
  /// Some type that blechd never writes.
  case other
}

protocol NodeObject: H5Object {
  var node: Node { get }
}

extension H5Group: NodeObject {}
extension H5Dataset: NodeObject {}

extension NodeObject {
  public var name: String { node.location.object ?? "/" }

  public var hasOneName: Bool {
    get throws(H5Error) {
      try node.location.attempt("count the object's names") { chdf5_link_count(node.id) } == 1
    }
  }

  /// Throws where the object has other names in the file.
  public func checkOneName() throws(H5Error) {
    guard try hasOneName else {
      throw node.location.error(
        .unsupported,
        "has another name in the file as well (a hard link), under which it would change, too; remove that name, or make "
          + "a copy instead of a link")
    }
  }

  public func attribute(_ name: String) throws(H5Error) -> AttributeValue? {
    guard let handle = try openAttribute(name) else { return nil }
    return try Attribute(handle: handle, name: name, location: node.location).read()
  }

  private func openAttribute(_ name: String) throws(H5Error) -> Handle? {
    let exists = try node.location.attempt("look up the attribute \(name)") {
      unsafe H5Aexists(node.id, name)
    }
    guard exists > 0 else { return nil }
    let id = try node.location.attempt("open the attribute \(name)") {
      unsafe H5Aopen(node.id, name, chdf5_default)
    }
    return Handle(id, in: node.file, close: H5Aclose)
  }

  public func setAttribute(_ name: String, _ value: AttributeValue) throws(H5Error) {
    switch value {
    case .text(let text): try writeText(name, text)
    case .integer(let integer):
      try write(name, type: chdf5_int64_le(), memory: chdf5_native_int64(), dimensions: nil, [integer])
    case .number(let number):
      try write(name, type: chdf5_double_le(), memory: chdf5_native_double(), dimensions: nil, [number])
    case .integers(let integers):
      try write(
        name, type: chdf5_int64_le(), memory: chdf5_native_int64(), dimensions: [integers.count], integers)
    case .other:
      throw node.location.error(.mismatch, "attribute \(name): a value of unknown type cannot be written")
    }
  }

  public func removeAttribute(_ name: String) throws(H5Error) {
    if try node.location.attempt("look up the attribute \(name)", { unsafe H5Aexists(node.id, name) }) > 0 {
      try node.location.attempt("remove the attribute \(name)") { unsafe H5Adelete(node.id, name) }
    }
  }

  private func write<Element: BitwiseCopyable>(
    _ name: String, type: hid_t, memory: hid_t, dimensions: [Int]?, _ values: [Element]
  ) throws(H5Error) {
    let space = try dataspace(dimensions, at: node.location)
    let attribute = try attribute(name, type: type, space: space)
    try node.location.attempt("write the attribute \(name)") {
      unsafe values.withUnsafeBytes { unsafe H5Awrite(attribute.id, memory, $0.baseAddress) }
    }
  }

  /// As PyTables: a scalar of fixed length in UTF-8 without the closing NUL; an empty text is one byte on a
  /// null dataspace.
  private func writeText(_ name: String, _ text: String) throws(H5Error) {
    let bytes = Array(text.utf8)
    let type = try textType(length: max(bytes.count, 1), at: node.location)
    if bytes.isEmpty {
      let null = try node.location.attempt("create a dataspace") { H5Screate(H5S_NULL) }
      _ = try attribute(name, type: type.id, space: Handle(null, close: H5Sclose))
      return
    }
    let attribute = try attribute(name, type: type.id, space: try dataspace(nil, at: node.location))
    try node.location.attempt("write the attribute \(name)") {
      unsafe bytes.withUnsafeBytes { unsafe H5Awrite(attribute.id, type.id, $0.baseAddress) }
    }
  }

  /// The attribute to write to: the one that is there if it has this type and shape, so that the file does not
  /// grow, else a new one.
  private func attribute(_ name: String, type: hid_t, space: Handle) throws(H5Error) -> Handle {
    if let existing = try openAttribute(name) {
      let oldType = Handle(
        try node.location.attempt("read the type of the attribute \(name)") { H5Aget_type(existing.id) },
        close: H5Tclose)
      let oldSpace = Handle(
        try node.location.attempt("read the shape of the attribute \(name)") { H5Aget_space(existing.id) },
        close: H5Sclose)
      let isSame = Library.exclusively {
        H5Tequal(oldType.id, type) > 0 && H5Sextent_equal(oldSpace.id, space.id) > 0
      }
      if isSame { return existing }
      try removeAttribute(name)
    }
    let id = try node.location.attempt("create the attribute \(name)") {
      unsafe H5Acreate2(node.id, name, type, space.id, chdf5_default, chdf5_default)
    }
    return Handle(id, in: node.file, close: H5Aclose)
  }
}

/// A fixed-length, null-terminated UTF-8 string type.
func textType(length: Int, at location: Location) throws(H5Error) -> Handle {
  let type = Handle(
    try location.attempt("create a text type") { H5Tcopy(chdf5_c_string()) }, close: H5Tclose)
  try location.attempt("size a text type") { H5Tset_size(type.id, length) }
  try location.attempt("set a text type's encoding") { H5Tset_cset(type.id, H5T_CSET_UTF8) }
  return type
}

/// A dataspace of the given extents, outermost axis first; nil makes a scalar.
func dataspace(_ dimensions: [Int]?, at location: Location) throws(H5Error) -> Handle {
  let id = try location.attempt("create a dataspace") {
    guard let dimensions else { return H5Screate(H5S_SCALAR) }
    let extents = dimensions.map { hsize_t($0) }
    return unsafe H5Screate_simple(CInt(extents.count), extents, nil)
  }
  return Handle(id, close: H5Sclose)
}

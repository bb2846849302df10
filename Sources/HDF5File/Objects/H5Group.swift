import CHDF5

/// A group of an HDF5 file. Objects are reached through hard links only: soft and external links are
/// refused, because they lead out of the place, or the file, that the caller named.
public struct H5Group: H5Object {
  let node: Node

  /// What a name in a group stands for.
  public enum Child {
    case group(H5Group)
    case dataset(H5Dataset)
  }

  static func root(of file: OpenFile) throws(H5Error) -> H5Group {
    let location = Location(path: file.path, object: "/", file: file)
    let id = try location.attempt("open the root group") {
      unsafe H5Gopen2(file.id, "/", chdf5_default)
    }
    return H5Group(node: Node(handle: Handle(id, in: file, close: H5Gclose), file: file, location: location))
  }

  /// Names of what is in the group, in the order of their bytes. Each is looked up by itself, so more than
  /// `limit` are refused: they would take for ever.
  public func childNames(limit: Int = 100_000) throws(H5Error) -> [String] {
    var info = H5G_info_t()
    try node.location.attempt("count the group's members") { unsafe H5Gget_info(node.id, &info) }
    guard info.nlinks <= hsize_t(limit) else {
      throw node.location.error(.mismatch, "has \(info.nlinks) members, at most \(limit) were expected")
    }
    var names: [String] = []
    for index in 0..<info.nlinks { names.append(try childName(at: index)) }
    return names
  }

  private func childName(at index: hsize_t) throws(H5Error) -> String {
    func fill(_ buffer: UnsafeMutablePointer<CChar>?, _ size: Int) -> Int {
      unsafe H5Lget_name_by_idx(
        node.id, ".", H5_INDEX_NAME, H5_ITER_INC, index, buffer, size, chdf5_default)
    }
    let length = try node.location.attempt("read a member's name") { fill(nil, 0) }
    var buffer = [CChar](repeating: 0, count: length + 1)
    try node.location.attempt("read a member's name") {
      unsafe buffer.withUnsafeMutableBufferPointer { unsafe fill($0.baseAddress, $0.count) }
    }
    return String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Whether the group has a member of that name, whatever it is.
  public func contains(_ name: String) throws(H5Error) -> Bool {
    try node.location.child(name).attempt("look the name up") {
      unsafe H5Lexists(node.id, name, chdf5_default)
    } > 0
  }

  /// The member `name`, or nil if there is none.
  public func child(_ name: String) throws(H5Error) -> Child? {
    guard try contains(name) else { return nil }
    let location = node.location.child(name)
    let isHard = try location.attempt("look the link up") { unsafe chdf5_link_is_hard(node.id, name) }
    guard isHard == 1 else {
      throw location.error(
        .unsupported, "is a soft or external link, which is not followed; store the object itself")
    }
    let id = try location.attempt("open the object") { unsafe H5Oopen(node.id, name, chdf5_default) }
    let opened = Node(
      handle: Handle(id, in: node.file, close: H5Oclose), file: node.file, location: location)
    switch Library.exclusively({ H5Iget_type(id) }) {
    case H5I_GROUP: return .group(H5Group(node: opened))
    case H5I_DATASET: return .dataset(H5Dataset(node: opened))
    default: throw location.error(.mismatch, "is neither a group nor an array")
    }
  }

  /// The group `name`, or nil if there is nothing of that name.
  public func group(_ name: String) throws(H5Error) -> H5Group? {
    switch try child(name) {
    case .group(let group): group
    case nil: nil
    case .dataset: throw node.location.child(name).error(.mismatch, "is an array, a group was expected")
    }
  }

  /// The array `name`, or nil if there is nothing of that name.
  public func dataset(_ name: String) throws(H5Error) -> H5Dataset? {
    switch try child(name) {
    case .dataset(let dataset): dataset
    case nil: nil
    case .group: throw node.location.child(name).error(.mismatch, "is a group, an array was expected")
    }
  }

  /// Creates a group with the attributes that PyTables gives one.
  @discardableResult
  public func createGroup(_ name: String) throws(H5Error) -> H5Group {
    let location = node.location.child(name)
    let list = try propertyList(chdf5_group_create(), at: location) { chdf5_no_times($0) }
    let id = try location.attempt("create the group") {
      unsafe H5Gcreate2(node.id, name, chdf5_default, list.id, chdf5_default)
    }
    let group = H5Group(
      node: Node(handle: Handle(id, in: node.file, close: H5Gclose), file: node.file, location: location))
    try group.setAttribute("TITLE", .text(""))
    try group.setAttribute("CLASS", .text("GROUP"))
    try group.setAttribute("VERSION", .text("1.0"))
    return group
  }

  /// The group `name`, created if there is none.
  public func groupCreatingIfNeeded(_ name: String) throws(H5Error) -> H5Group {
    if let group = try group(name) { return group }
    return try createGroup(name)
  }

  /// Removes the member `name` and everything below it.
  public func remove(_ name: String) throws(H5Error) {
    try node.location.child(name).attempt("remove the object") {
      unsafe H5Ldelete(node.id, name, chdf5_default)
    }
  }
}

import CHDF5

extension H5Group {
  /// Creates an array as PyTables' `create_array` does: contiguous, with its attributes.
  ///
  /// - Parameters:
  ///   - values: row-major.
  ///   - shape: extents, outermost axis first; their product is `values.count`.
  @discardableResult
  public func createArray<Element: H5Element>(
    _ name: String, _ values: [Element], shape: [Int]
  ) throws(H5Error) -> H5Dataset {
    precondition(values.count == shape.reduce(1, *), "an array's shape must hold all its values")
    let location = node.location.child(name)
    let dataset = try createDataset(
      name, type: Element.fileType, space: try dataspace(shape, at: location), at: location
    ) { chdf5_no_times($0) }
    try dataset.setAttribute("CLASS", .text("ARRAY"))
    try dataset.setAttribute("VERSION", .text("2.4"))
    try dataset.setAttribute("TITLE", .text(""))
    try dataset.setAttribute("FLAVOR", .text("numpy"))
    try dataset.overwrite(values)
    return dataset
  }

  /// Whether `name`, and no other name, is an array as `createArray` makes one of this type and shape, which other values can
  /// be written over: then the file does not grow.
  public func hasArray<Element: H5Element>(
    _ name: String, of _: Element.Type, shape: [Int]
  ) throws(H5Error) -> Bool {
    guard case .dataset(let array) = try child(name) else { return false }
    return try array.isPlain(Element.self, shape: shape)
  }

  /// Gives the array `name` these values: over those that are there if type and shape stay, else in place of whatever
  /// has the name.
  public func setArray<Element: H5Element>(
    _ name: String, _ values: [Element], shape: [Int]
  ) throws(H5Error) {
    if try hasArray(name, of: Element.self, shape: shape) { return try dataset(name)!.overwrite(values) }
    if try contains(name) { try remove(name) }
    try createArray(name, values, shape: shape)
  }

  func createDataset(
    _ name: String, type: hid_t, space: Handle, at location: Location, _ properties: (hid_t) -> herr_t
  ) throws(H5Error) -> H5Dataset {
    let list = try propertyList(chdf5_dataset_create(), at: location, properties)
    let id = try location.attempt("create the array") {
      unsafe H5Dcreate2(node.id, name, type, space.id, chdf5_default, list.id, chdf5_default)
    }
    return H5Dataset(
      node: Node(handle: Handle(id, in: node.file, close: H5Dclose), file: node.file, location: location))
  }
}

extension H5Dataset {
  /// Whether the array is as `createArray` makes one of this type and shape: contiguous, in the file itself.
  fileprivate func isPlain<Element: H5Element>(_: Element.Type, shape: [Int]) throws(H5Error) -> Bool {
    let type = try fileType()
    guard Library.exclusively({ H5Tequal(type.id, Element.fileType) }) > 0, try self.shape() == shape else {
      return false
    }
    guard try hasOneName else { return false }
    return try isContiguous()
  }

  /// - Parameter values: row-major, as many as the array holds, of the type that it holds.
  fileprivate func overwrite<Element: H5Element>(_ values: [Element]) throws(H5Error) {
    if values.isEmpty { return }
    try node.location.attempt("write the array") {
      unsafe values.withUnsafeBytes {
        unsafe H5Dwrite(
          node.id, Element.memoryType, chdf5_default, chdf5_default, chdf5_default, $0.baseAddress)
      }
    }
  }
}

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
    if !values.isEmpty {
      try location.attempt("write the array") {
        unsafe values.withUnsafeBytes {
          unsafe H5Dwrite(
            dataset.node.id, Element.memoryType, chdf5_default, chdf5_default, chdf5_default, $0.baseAddress)
        }
      }
    }
    return dataset
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

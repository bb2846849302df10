import CHDF5

extension H5Dataset {
  /// Extents of the blocks in which the array is stored, or nil where it is stored in one piece.
  public func chunkShape() throws(H5Error) -> [Int]? {
    let rank = try shape().count
    let list = try creationProperties()
    guard Library.exclusively({ H5Pget_layout(list.id) }) == H5D_CHUNKED else { return nil }
    var extents = [hsize_t](repeating: 0, count: rank)
    try node.location.attempt("read how the array is stored") {
      unsafe H5Pget_chunk(list.id, CInt(rank), &extents)
    }
    return extents.map { Int(clamping: $0) }
  }

  /// Whether the array is stored in one piece in the file itself, without filters.
  func isContiguous() throws(H5Error) -> Bool {
    let list = try creationProperties()
    return Library.exclusively {
      H5Pget_layout(list.id) == H5D_CONTIGUOUS && H5Pget_external_count(list.id) == 0
    }
  }

  private func creationProperties() throws(H5Error) -> Handle {
    Handle(
      try node.location.attempt("read how the array is stored") { H5Dget_create_plist(node.id) },
      close: H5Pclose)
  }

  /// Refuses data that lies outside the file, and names a filter that this machine lacks: libhdf5 alone
  /// would say no more than "can't read data".
  func refuseUnreadableStorage() throws(H5Error) {
    let list = try creationProperties()
    if Library.exclusively({ H5Pget_layout(list.id) }) == H5D_VIRTUAL {
      throw node.location.error(
        .unsupported, "is a virtual dataset, which is put together from other files; store the data itself")
    }
    if Library.exclusively({ H5Pget_external_count(list.id) }) > 0 {
      throw node.location.error(
        .unsupported, "keeps its data in another file (external storage); store the data itself")
    }
    let filters = try node.location.attempt("read the array's filters") { H5Pget_nfilters(list.id) }
    for index in 0..<UInt32(filters) {
      var flags: UInt32 = 0
      var values = 0
      var name = [CChar](repeating: 0, count: 128)
      let filter = try node.location.attempt("read the array's filters") {
        unsafe H5Pget_filter2(list.id, index, &flags, &values, nil, name.count, &name, nil)
      }
      if Library.exclusively({ H5Zfilter_avail(filter) }) <= 0 {
        let title = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        throw node.location.error(
          .unsupported,
          "is compressed with \(title.isEmpty ? "a filter" : title) (HDF5 filter \(filter)), which this libhdf5 "
            + "lacks; rewrite the array with zlib or without compression (h5repack, ptrepack)")
      }
    }
  }
}

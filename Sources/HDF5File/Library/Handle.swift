import CHDF5

/// Owns one of libhdf5's identifiers and closes it.
///
/// Keep a handle in a variable for as long as its `id` is in use: that of a temporary is closed at once.
final class Handle {
  let id: hid_t
  private let close: (hid_t) -> herr_t
  /// The file that the object lives in. Closing a file closes its objects, whose identifiers then mean
  /// nothing, or something else.
  private let file: OpenFile?

  init(_ id: hid_t, in file: OpenFile? = nil, close: @escaping (hid_t) -> herr_t) {
    self.id = id
    self.file = file
    self.close = close
  }

  deinit {
    Library.exclusively {
      if file?.isOpen ?? true, close(id) < 0 { file?.hasFailed = true }
    }
  }
}

/// An open file of libhdf5's. Shared by every handle into it, so that it outlives them.
final class OpenFile {
  let id: hid_t
  let path: String
  private(set) var isOpen = true
  /// Whether any call of libhdf5's on the file has failed, be it that nobody cared.
  var hasFailed = false

  init(_ id: hid_t, path: String) {
    self.id = id
    self.path = path
  }

  /// Closes the file and every object in it. Only after this returns has libhdf5 written everything.
  func close() throws(H5Error) {
    guard isOpen else { return }
    isOpen = false
    try Location(path: path, object: nil).attempt("close the file") { H5Fclose(id) }
  }

  deinit {
    if isOpen { Library.exclusively { _ = H5Fclose(id) } }
  }
}

/// An open object of a file and where it is.
struct Node {
  let handle: Handle
  let file: OpenFile
  let location: Location

  var id: hid_t { handle.id }
}

/// A property list of libhdf5's, given back when it is released.
func propertyList(
  _ kind: hid_t, at location: Location, _ setUp: (hid_t) -> herr_t
) throws(H5Error) -> Handle {
  let list = Handle(try location.attempt("create a property list") { H5Pcreate(kind) }, close: H5Pclose)
  try location.attempt("set a property") { setUp(list.id) }
  return list
}

import FileAccess
import HDF5File

/// Changes an .h5 in place.
public func changeH5(at path: String, _ body: (H5Group) throws -> Void) throws {
  try withPlace(path) { place in
    _ = try H5Transaction.locking(place) { try $0.change(body) }
  }
}

/// Hands over where an .h5 lies, for as long as `body` runs.
public func withPlace<Result>(_ path: String, _ body: (H5Place) throws -> Result) throws -> Result {
  let parts = path.split(separator: "/")
  let directory = try OpenDirectory(at: "/" + parts.dropLast().joined(separator: "/"))
  return try body(H5Place(directory: directory.descriptor, name: String(parts.last!), path: path))
}

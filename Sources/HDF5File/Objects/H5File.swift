import CHDF5
import SystemPackage

/// An open HDF5 file: for reading without any lock, or new.
///
/// Changing a file that exists goes through `H5Transaction` alone.
public final class H5File {
  private let file: OpenFile

  /// The file's root group, `/`.
  public let root: H5Group

  /// Whether any call of libhdf5's on the file has failed.
  var hasFailed: Bool { file.hasFailed }

  init(_ id: hid_t, path: String) throws(H5Error) {
    file = OpenFile(id, path: path)
    root = try H5Group.root(of: file)
  }

  /// Opens a file for reading. Takes no lock, neither libhdf5's nor flock: the lab's scripts open the same
  /// file for writing at any moment and must never fail because of us.
  ///
  /// - Parameters:
  ///   - descriptor: the file, open for reading; it may be closed afterwards. What libhdf5 opens is the file
  ///     behind the descriptor, whatever has come to stand at its path meanwhile.
  ///   - path: how errors name the file.
  /// - Throws: `H5Error` if it is no HDF5 file, is truncated, or cannot be read.
  public static func reading(_ descriptor: FileDescriptor, path: String) throws(H5Error) -> H5File {
    let location = Location(path: path, object: nil)
    let list = try fileAccess(at: location)
    let id = try location.attempt("open it as an HDF5 file") {
      unsafe H5Fopen("/proc/self/fd/\(descriptor.rawValue)", chdf5_access_read_only, list.id)
    }
    return try H5File(id, path: path)
  }

  /// Creates a file in which PyTables finds what it expects; throws if one exists at `path`.
  public static func creating(at path: String, title: String = "") throws(H5Error) -> H5File {
    let location = Location(path: path, object: nil)
    let list = try fileAccess(at: location)
    let creation = try propertyList(chdf5_file_create(), at: location) { chdf5_no_times($0) }
    let id = try location.attempt("create the file") {
      unsafe H5Fcreate(path, chdf5_access_exclusive, creation.id, list.id)
    }
    let file = try H5File(id, path: path)
    try file.root.setAttribute("TITLE", .text(title))
    try file.root.setAttribute("CLASS", .text("GROUP"))
    try file.root.setAttribute("VERSION", .text("1.0"))
    try file.root.setAttribute("PYTABLES_FORMAT_VERSION", .text("2.1"))
    return file
  }

  static func fileAccess(at location: Location) throws(H5Error) -> Handle {
    try propertyList(chdf5_file_access(), at: location) { list in
      // Strong: an object left open cannot keep the file open behind our back.
      let closing = H5Pset_fclose_degree(list, H5F_CLOSE_STRONG)
      return closing < 0 ? closing : chdf5_no_locking(list)
    }
  }

  /// Writes what libhdf5 still holds and closes the file and every object in it.
  public func close() throws(H5Error) {
    try file.close()
  }
}

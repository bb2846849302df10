/// Why something could not be done with an .h5 file: which file, which object in it, what was tried, and
/// libhdf5's or the system's own reason.
public struct H5Error: Error, Equatable, CustomStringConvertible, Sendable {
  public enum Code: Equatable, Sendable {
    /// libhdf5 refused: the file is damaged, is no HDF5 file, or a call failed.
    case library
    /// The object is not there.
    case missing
    /// The object is of another kind, type or shape than asked for.
    case mismatch
    /// A link, storage or filter that is refused or not available.
    case unsupported
    /// Another program holds the file.
    case busy
    /// The disk or a quota is full.
    case full
    /// The system refused to open or write the file.
    case system(errno: CInt)
    /// A program that died has left the mark in it that says that it is being written.
    case leftOpen
    /// A change went wrong, and so did undoing it: its journal is there, or may be.
    case unrecovered
    /// A journal lies beside it that does not fit.
    case refused(JournalRefusal)
  }

  public var code: Code
  /// The file, as the caller named it.
  public var path: String
  /// The object's absolute path in the file, or nil where the file as a whole is concerned.
  public var object: String?
  public var reason: String

  public var description: String {
    if let object { "\(path), \(object): \(reason)" } else { "\(path): \(reason)" }
  }
}

/// A place in a file: what every error names.
struct Location {
  let path: String
  let object: String?
  /// The open file, which is told of calls that fail; nil before it is open.
  var file: OpenFile? = nil

  func child(_ name: String) -> Location {
    let parent = object == "/" ? "" : object ?? ""
    return Location(path: path, object: "\(parent)/\(name)", file: file)
  }

  func error(_ code: H5Error.Code, _ reason: String) -> H5Error {
    H5Error(code: code, path: path, object: object, reason: reason)
  }

  /// Runs one libhdf5 call; a negative result becomes an error that carries libhdf5's own reason.
  @discardableResult
  func attempt<Result: SignedInteger>(
    _ operation: String, _ call: () -> Result
  ) throws(H5Error) -> Result {
    let (result, reason) = Library.exclusively { () -> (Result, String?) in
      let result = call()
      return (result, result < 0 ? Library.innermostReason() : nil)
    }
    guard let reason else { return result }
    file?.hasFailed = true
    // libhdf5's words for a file of the newer formats whose writer never closed it.
    if reason.contains("h5clear") {
      throw error(
        .leftOpen,
        "is marked as being written: a program has it open, or died while it wrote; if none has, copy the file and "
          + "clear the mark with h5clear -s")
    }
    throw error(.library, "cannot \(operation): \(reason)")
  }
}

import SystemPackage

/// Where an .h5 lies: its directory, which somebody holds open, and its name there. Its journal lies beside it.
public struct H5Place {
  let directory: FileDescriptor
  let name: String
  let location: Location

  /// - Parameters:
  ///   - directory: open, and kept open by the caller for as long as the place is in use.
  ///   - path: how errors name the file.
  public init(directory: FileDescriptor, name: String, path: String) {
    self.directory = directory
    self.name = name
    location = Location(path: path, object: nil)
  }

  /// How errors name the file.
  public var path: String { location.path }
  var journalName: String { Journal.name(besides: name) }
}

/// The journal's name, which says whose it is.
public enum Journal {
  private static let prefix = "."
  private static let suffix = ".blechd-journal"
  /// Of any file, in bytes.
  static let longestName = 255

  public static func name(besides h5: String) -> String { prefix + h5 + suffix }

  /// The .h5 whose journal has this name, or nil for any other name.
  public static func h5Name(besides name: String) -> String? {
    guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
    let h5 = name.dropFirst(prefix.count).dropLast(suffix.count)
    return h5.isEmpty ? nil : String(h5)
  }
}

import FileAccess
import FoundationEssentials
import Glibc
import Vocabulary

/// The file that the machine's owner writes, and where it lies.
public struct ConfigurationFile: Equatable, Sendable {
  public let path: String

  /// The file's name in each of the directories where it is looked for.
  public static let name = "blechd.yaml"
  static let systemDirectory = "/etc/blechd"

  /// That of the daemon that systemd runs for the whole machine.
  public static let system = ConfigurationFile(path: "\(systemDirectory)/\(name)")

  public init(path: String) { self.path = path }

  /// The file that a person named; else that in systemd's configuration directory; else the user's, if there
  /// is one; else the machine's.
  ///
  /// A file that a person or systemd named is not looked for elsewhere: another one would be in force
  /// unnoticed.
  ///
  /// - Throws: `Failure` that lists where it was looked for.
  public static func find(
    named path: String? = nil, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(Failure) -> ConfigurationFile {
    try find(named: path, environment: environment, systemDirectory: systemDirectory)
  }

  static func find(
    named path: String?, environment: [String: String], systemDirectory: String
  ) throws(Failure) -> ConfigurationFile {
    if let path { return ConfigurationFile(path: path) }
    let paths = directories(environment, systemDirectory).map { "\($0)/\(name)" }
    guard let path = paths.first(where: isThere) else {
      throw Failure(
        .badConfiguration, name, "is not at \(paths.joined(separator: ", nor at "))",
        remedy: "write it there, after the example that comes with blechd, or name another file"
      )
    }
    return ConfigurationFile(path: path)
  }

  private static func directories(_ environment: [String: String], _ systemDirectory: String) -> [String] {
    if let path = environment.firstDirectory("CONFIGURATION_DIRECTORY") { return [path] }
    let home =
      environment.absolutePath("XDG_CONFIG_HOME") ?? environment.absolutePath("HOME").map { $0 + "/.config" }
    return (home.map { [$0 + "/blechd"] } ?? []) + [systemDirectory]
  }

  /// Whatever lies there, and even where one may not look: reading it says then what is wrong with it.
  private static func isThere(_ path: String) -> Bool {
    var state = stat()
    return lstat(path, &state) == 0 || (errno != ENOENT && errno != ENOTDIR)
  }

  /// Reads the file, and the `inference_file` that it may name.
  ///
  /// - Throws: `ConfigurationError` with all that is wrong, also where the file cannot be read.
  public func load() throws(ConfigurationError) -> Configuration {
    let bytes: [UInt8]
    do {
      bytes = try OpenDirectory.read(path, limit: Configuration.sizeLimitBytes)
    } catch {
      throw ConfigurationError(file: path, error)
    }
    return try Configuration(yaml: bytes, file: path)
  }
}

extension OpenDirectory {
  /// The whole of the small regular file at `path`. Links are followed on the way there, not at its end; no
  /// pipe or device is waited for.
  static func read(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
    let parts = path.pathParts
    let above = parts.dropLast().joined(separator: "/")
    let directory = path.isAbsolutePath ? "/\(above)" : above.isEmpty ? "." : above
    return try OpenDirectory(at: directory).read(parts.last ?? ".", limit: limit)
  }
}

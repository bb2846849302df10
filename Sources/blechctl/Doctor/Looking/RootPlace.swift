import FileAccess
import FileSystems
import FoundationEssentials
import Glibc
import SystemPackage
import Watching

/// What is at a root's path. Everything here may hang on a dead mount.
enum RootPlace: Equatable, Sendable {
  case missing(Errno)
  /// A folder above it lets this user not pass.
  case blocked(above: String, Errno)
  case notDirectory
  case there(Ground)

  /// Where a folder lies.
  struct Ground: Equatable, Sendable {
    /// Without symbolic links.
    var path: String
    /// As the mount table calls it; `?` where it does not tell.
    var fileSystem: String
    var mountPoint: String
    /// Changes may come from elsewhere, unseen by this kernel.
    var isServed: Bool
    /// In bytes, for this user.
    var free: Int
  }

  static func look(at path: String) -> RootPlace {
    var state = stat()
    guard unsafe stat(path, &state) == 0 else {
      let error = Errno(rawValue: errno)
      guard error == .permissionDenied else { return .missing(error) }
      return .blocked(above: blockingFolder(of: path), error)
    }
    guard state.st_mode & S_IFMT == S_IFDIR else { return .notDirectory }
    do throws(Errno) { return .there(try Ground(of: path)) } catch { return .missing(error) }
  }

  /// The first folder on the way that this user may not pass.
  private static func blockingFolder(of path: String) -> String {
    var prefix = ""
    for part in path.split(separator: "/") {
      var state = stat()
      let next = "\(prefix)/\(part)"
      if unsafe stat(next, &state) != 0 { break }
      prefix = next
    }
    return prefix.isEmpty ? "/" : prefix
  }
}

extension RootPlace.Ground {
  init(of path: String) throws(Errno) {
    let calls = try LinuxCalls()
    let resolved = try calls.resolve(FilePath(path))
    var room = statvfs()
    guard unsafe statvfs(path, &room) == 0 else { throw Errno(rawValue: errno) }
    let table = (try? Data(contentsOf: URL(filePath: "/proc/self/mountinfo"))).map {
      MountTable(mountInfo: Array($0))
    }
    let mount = table?.mount(of: resolved)
    let (free, isBeyondBytes) = UInt64(room.f_bavail).multipliedReportingOverflow(by: UInt64(room.f_frsize))
    self.init(
      path: resolved.string, fileSystem: mount?.type ?? "?", mountPoint: mount?.point.string ?? "/",
      isServed: ServedFileSystems.contain(magic: try calls.fileSystem(of: resolved)),
      free: isBeyondBytes ? .max : Int(clamping: free))
  }
}

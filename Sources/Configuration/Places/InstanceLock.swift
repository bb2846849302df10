import FileAccess
import Glibc
import SystemPackage
import Vocabulary

/// Held for as long as a daemon runs: two of them with one state directory would do everything twice.
public final class InstanceLock: Sendable {
  private let file: FileDescriptor

  private static let name = "blechd.lock"

  /// - Throws: `Failure` with `.temporary` where another daemon holds it, which is named.
  public init(in state: StateDirectory) throws(Failure) {
    do {
      let directory = try OpenDirectory(creatingAt: state.path, mode: 0o755)
      let path = FilePath(directory.path(of: Self.name))
      file = try FileDescriptor.open(
        path, .readWrite, options: [.create, .closeOnExec, .noFollow, .nonBlocking],
        permissions: [.ownerReadWrite])
    } catch let error as FileError {
      throw error.failure(remedy: "name a directory that you may write with --state-directory")
    } catch {
      throw Failure(
        .cannotWrite, state.path, "cannot be locked: \(error)", remedy: "check who may write there")
    }
    // Whoever may open it may lock it.
    _ = fchmod(file.rawValue, 0o600)
    // The lock goes with the process, however it ends.
    guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else {
      let holder = holder
      try? file.close()
      throw Failure(
        .temporary, state.path, "is in use by another blechd" + (holder.isEmpty ? "" : ", process \(holder)"),
        remedy: "stop that one, or name another directory with --state-directory")
    }
    let text = "\(getpid())\n"
    _ = try? file.resize(to: 0)
    _ = try? file.writeAll(toAbsoluteOffset: 0, text.utf8)
  }

  deinit { try? file.close() }

  private var holder: String {
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = (try? bytes.withUnsafeMutableBytes { try file.read(fromAbsoluteOffset: 0, into: $0) }) ?? 0
    return String(decoding: bytes.prefix(count), as: UTF8.self).filter(\.isNumber)
  }
}

import Glibc
import SystemPackage
import Vocabulary

/// A socket that listens, and its file.
struct ListeningSocket: Sendable {
  let socket: Socket
  private let path: String
  private let file: FileIdentity

  /// Connections that wait to be accepted.
  private static let backlog: Int32 = 64
  /// A file that somebody else removes and makes again is tried this often.
  private static let mostAttempts = 3

  /// Listens at `address`. The file that a dead daemon left is replaced; nothing else is.
  ///
  /// The file gets its mode before anyone can connect: until it listens, all are refused. Two daemons that
  /// start at the same moment may both take an old file for a dead daemon's: that is for a lock of theirs to
  /// prevent, which they need for what they store anyway.
  ///
  /// - Throws: `.temporary` where a daemon listens there, `.cannotWrite` or `.notPermitted`.
  init(at address: UnixAddress, mode: mode_t) throws(Failure) {
    do {
      socket = try Socket()
      path = address.path
      try Self.bind(socket, to: address)
      file = try Self.open(socket, path: path, mode: mode)
    } catch let error as Errno {
      throw Failure(error, address.path, "cannot be listened at")
    } catch {
      throw error as? Failure ?? Failure(.internalError, address.path, "\(error)", remedy: "")
    }
  }

  /// Removes the file, unless it is another daemon's by now.
  func removeFile() {
    if FileIdentity(path) == file { unsafe unlink(path) }
  }

  private static func bind(_ socket: Socket, to address: UnixAddress) throws {
    for _ in 0..<mostAttempts {
      if unsafe address.withPointer({ unsafe Glibc.bind(socket.descriptor, $0, $1) }) == 0 { return }
      guard errno == EADDRINUSE else { throw Errno(rawValue: errno) }
      try removeStale(address)
    }
    throw Errno.addressInUse
  }

  private static func open(_ socket: Socket, path: String, mode: mode_t) throws -> FileIdentity {
    guard let file = FileIdentity(path), unsafe chmod(path, mode) == 0,
      listen(socket.descriptor, backlog) == 0
    else {
      let error = Errno(rawValue: errno)
      unsafe unlink(path)
      throw error
    }
    return file
  }

  /// Removes the socket file of a daemon that has died: whoever connects is refused.
  private static func removeStale(_ address: UnixAddress) throws {
    guard let found = FileIdentity(address.path) else { return }
    guard found.isSocket else {
      throw Failure(
        .cannotWrite, address.path, "is in the way: it is no socket, and is left alone",
        remedy: "move it away, or choose another place with --runtime-directory")
    }
    do {
      let probe = try Socket()
      try probe.connect(to: address)
      throw inUse(address.path, by: try? Peer(of: probe))
    } catch Errno.connectionRefused {
      // Not what has come since.
      if FileIdentity(address.path) == found { unsafe unlink(address.path) }
    } catch Errno.noSuchFileOrDirectory {
      return
    } catch Errno.resourceTemporarilyUnavailable {
      // More wait to be let in than it has room for: it listens.
      throw inUse(address.path, by: nil)
    }
  }

  private static func inUse(_ path: String, by daemon: Peer?) -> Failure {
    Failure(
      .temporary, path,
      "is the socket of a daemon that runs" + (daemon.map { " (process \($0.pid))" } ?? ""),
      remedy: "stop that one first, or choose another place with --runtime-directory")
  }
}

/// Which file a path leads to, links not followed.
private struct FileIdentity: Equatable {
  let device: dev_t
  let inode: ino_t
  let isSocket: Bool

  init?(_ path: String) {
    var state = stat()
    guard unsafe lstat(path, &state) == 0 else { return nil }
    (device, inode) = (state.st_dev, state.st_ino)
    isSocket = state.st_mode & S_IFMT == S_IFSOCK
  }
}

extension Failure {
  /// A system call on a socket that failed.
  init(_ error: Errno, _ place: String, _ what: String) {
    let (code, remedy): (ExitCode, String) =
      switch error {
      case .permissionDenied, .notPermitted: (.notPermitted, "see who may do that with ls -ld")
      case .tooManyOpenFiles, .tooManyOpenFilesInSystem, .noMemory, .resourceTemporarilyUnavailable,
        .addressInUse:
        (.temporary, "try again")
      case .noSuchFileOrDirectory, .notDirectory: (.cannotWrite, "create its directory")
      default: (.cannotWrite, "")
      }
    self.init(code, place, "\(what): \(error)", remedy: remedy)
  }
}

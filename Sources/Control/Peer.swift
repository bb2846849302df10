import CLinux
import Glibc
import SystemPackage

/// Who is at the other end of a connection: what the kernel saw when it connected, not what it says of
/// itself.
public struct Peer: Equatable, Sendable {
  public var uid: UInt32
  public var gid: UInt32
  /// 0 where the process is in another PID name space. Another process may have got the number since.
  public var pid: Int32
  /// Supplementary groups, which need not include `gid`.
  public var groups: [UInt32]

  public init(uid: UInt32, gid: UInt32, pid: Int32, groups: [UInt32]) {
    self.uid = uid
    self.gid = gid
    self.pid = pid
    self.groups = groups
  }
}

extension Peer {
  /// The peer of a connected Unix socket.
  init(of socket: Socket) throws(Errno) {
    var peer = clinux_peer()
    guard unsafe clinux_peer(socket.descriptor, &peer) == 0 else { throw Errno(rawValue: errno) }
    self.init(uid: peer.uid, gid: peer.gid, pid: peer.pid, groups: try Self.groups(of: socket))
  }

  /// Linux lets a process have 65,536; most have a handful.
  private static let usualGroups = 32
  private static let mostGroups = 65_536

  private static func groups(of socket: Socket) throws(Errno) -> [UInt32] {
    for room in [usualGroups, mostGroups] {
      var groups = [gid_t](repeating: 0, count: room)
      var length = socklen_t(room * MemoryLayout<gid_t>.size)
      if unsafe clinux_peer_groups(socket.descriptor, &groups, &length) == 0 {
        return Array(groups.prefix(Int(length) / MemoryLayout<gid_t>.size))
      }
      guard errno == ERANGE else { break }
    }
    throw Errno(rawValue: errno)
  }
}

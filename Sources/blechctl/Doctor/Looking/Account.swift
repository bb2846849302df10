import Glibc
import SystemPackage

/// A user of the machine.
struct Account: Codable, Equatable, Sendable {
  let name: String
  let userID: UInt32
  let groupID: UInt32
  /// With the one above.
  let groups: [UInt32]

  /// Who runs this.
  static var current: Account {
    let id = geteuid()
    return find(id: id) ?? Account(name: "\(id)", userID: id, groupID: getegid(), groups: [getegid()])
  }

  /// The user of that name, or with that number; nil: there is none. A directory service may take its time.
  static func find(named name: String) -> Account? {
    let found = lookUp { unsafe getpwnam_r(name, $0, $1, $2, $3) }
    return found ?? UInt32(name).flatMap { find(id: $0) }
  }

  private static func find(id: UInt32) -> Account? {
    lookUp { unsafe getpwuid_r(id, $0, $1, $2, $3) }
  }

  /// Gives up whatever this process may beyond what the user may, for good.
  ///
  /// A process does this itself, once it is another program: in the child that a process with threads has
  /// forked, the C library waits in these calls for threads that are not there.
  func become() throws(Errno) {
    guard unsafe setgroups(groups.count, groups) == 0, setgid(groupID) == 0, setuid(userID) == 0 else {
      throw Errno(rawValue: errno)
    }
  }

  /// For names, folders and so on of one entry, in bytes.
  private static let entryBytes = 64 << 10
  private static let mostGroups = 65_536

  private static func lookUp(
    _ call: (
      UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
      UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
    ) -> CInt
  ) -> Account? {
    var (entry, found) = unsafe (passwd(), UnsafeMutablePointer<passwd>?.none)
    var buffer = [CChar](repeating: 0, count: entryBytes)
    guard unsafe call(&entry, &buffer, buffer.count, &found) == 0, unsafe found != nil,
      let name = unsafe String(validatingCString: entry.pw_name)
    else { return nil }
    var count = CInt(mostGroups)
    var groups = [gid_t](repeating: 0, count: Int(count))
    let known = unsafe getgrouplist(name, entry.pw_gid, &groups, &count)
    return unsafe Account(
      name: name, userID: entry.pw_uid, groupID: entry.pw_gid,
      groups: known < 0 ? [entry.pw_gid] : Array(groups.prefix(Int(count))))
  }
}

import SystemPackage

/// The commands that let a user write in a folder.
struct GrantAdvice: Equatable {
  let user: String
  let root: String
  var ground: RootPlace.Ground?
  /// A folder on the way to it that the user may not pass.
  var blockedAbove: String?
  var error = Errno.permissionDenied
  /// Whether the machine has setfacl.
  var hasSetfacl = true

  var commands: [String] {
    switch error {
    case .permissionDenied, .notPermitted: permission
    case .readOnlyFileSystem: ["sudo mount -o remount,rw \((ground?.mountPoint ?? root).shellWord)"]
    case .noSpace, .diskQuotaExceeded:
      ["free some space: sudo du -xsh \(root.shellWord)/* | sort -h | tail"]
    default: ["see what the kernel says: sudo journalctl -k -n 50"]
    }
  }

  private var permission: [String] {
    let type = ground?.fileSystem ?? ""
    switch type {
    case "cifs", "smb3", "vfat", "exfat", "ntfs", "ntfs3":
      // The mount alone says whose its files are.
      return [
        "in /etc/fstab, add uid=\(user.shellWord) to the options of \(mountPoint), then "
          + "sudo umount \(mountPoint) && sudo mount \(mountPoint)",
        "or have blechd run as the user whose files they are: \(otherUser)",
      ]
    case _ where type.hasPrefix("fuse"):
      return [
        "mount \(mountPoint) as \(user), or with -o allow_other (for users: user_allow_other in /etc/fuse.conf)",
        setfacl,
      ]
    case "nfs", "nfs4":
      return [
        "on the file server: \(setfacl)",
        "or have blechd run as a user who may write there: \(otherUser)",
      ]
    case _ where error == .notPermitted:
      return [
        "sudo chattr -R -i -a \(root.shellWord) (lsattr -d \(root.shellWord) shows whether it is immutable)"
      ]
    default: return (hasSetfacl ? [] : ["sudo apt-get install -y acl"]) + passage + [setfacl]
    }
  }

  private var otherUser: String { "sudo systemctl edit blechd, with [Service] and User=NAME" }

  private var mountPoint: String { (ground?.mountPoint ?? root).shellWord }

  private var passage: [String] {
    blockedAbove.map { ["sudo setfacl -m u:\(user.shellWord):--x \($0.shellWord)"] } ?? []
  }

  /// For what is there, and, as default, for what will come.
  private var setfacl: String {
    let user = user.shellWord
    return "sudo setfacl -R -m u:\(user):rwX -m d:u:\(user):rwX \(root.shellWord)"
  }
}

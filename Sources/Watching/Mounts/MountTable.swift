import FileSystems
import SystemPackage

/// One line of `/proc/self/mountinfo` (man 5 proc).
public struct Mount: Equatable, Sendable {
  /// The kernel's number of the mount.
  public let id: Int
  /// Where it is mounted.
  public let point: FilePath
  /// Such as `ext4`, `cifs` or `fuse.sshfs`.
  public let type: String
  /// The file system's own options.
  public let options: String

  public init(id: Int, point: FilePath, type: String, options: String = "") {
    self.id = id
    self.point = point
    self.type = type
    self.options = options
  }
}

/// What is mounted where.
public struct MountTable: Equatable, Sendable {
  /// In the order in which they were mounted. Of several at one point the last one is seen.
  public let mounts: [Mount]

  public init(_ mounts: [Mount] = []) { self.mounts = mounts }

  /// - Parameter mountInfo: the content of `/proc/self/mountinfo`; lines that are none are left out.
  public init(mountInfo: [UInt8]) {
    mounts = mountInfo.split(separator: UInt8(ascii: "\n")).compactMap { line in
      let fields = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
      guard fields.count >= 10,
        let separator = fields.dropFirst(6).firstIndex(where: { $0.elementsEqual([UInt8(ascii: "-")]) }),
        fields.count > separator + 3, let id = Int(String(decoding: fields[0], as: UTF8.self))
      else { return nil }
      let point = Self.unescaped(fields[4]).map { CChar(bitPattern: $0) } + [0]
      return Mount(
        id: id, point: FilePath(platformString: point),
        type: String(decoding: fields[separator + 1], as: UTF8.self),
        options: String(decoding: Self.unescaped(fields[separator + 3]), as: UTF8.self))
    }
  }

  /// Blanks, tabs, newlines and backslashes are written as three octal digits.
  private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var (bytes, rest) = ([UInt8](), text)
    while let first = rest.popFirst() {
      let digits = rest.prefix(3)
      if first == UInt8(ascii: "\\"), digits.count == 3,
        let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
      {
        bytes.append(value)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(first)
      }
    }
    return bytes
  }

  /// The mount that the file at `path` lies on, by the path alone: nothing is asked of the file system.
  public func mount(of path: FilePath) -> Mount? {
    mounts.filter { path.starts(with: $0.point) }.reduce(nil) { deepest, mount in
      guard let deepest else { return mount }
      return mount.point.length >= deepest.point.length ? mount : deepest
    }
  }

  /// The mount points strictly below `path`.
  func points(below path: FilePath) -> Set<FilePath> {
    Set(mounts.map(\.point).filter { $0 != path && $0.starts(with: path) })
  }

  /// The mounts strictly below `path` that can hold data, one for each mount point.
  func dataMounts(below path: FilePath) -> [Mount] {
    points(below: path).compactMap { point in mounts.last { $0.point == point } }
      .filter { !Self.withoutData.contains($0.type) }
      .sorted { $0.point.string < $1.point.string }
  }

  /// An overlay shows other file systems, and is as blind as they are.
  func liesOverServed(_ path: FilePath, _ calls: some WatchCalls) -> Bool {
    guard let mount = mount(of: path), mount.type == "overlay" else { return false }
    let layers = mount.options.split(separator: ",").flatMap { option -> [Substring] in
      for key in ["lowerdir=", "upperdir="] where option.hasPrefix(key) {
        return option.dropFirst(key.count).split(separator: ":")
      }
      return []
    }
    return layers.contains { layer in
      (try? calls.fileSystem(of: FilePath(String(layer)))).map(ServedFileSystems.contain(magic:)) ?? false
    }
  }

  /// The kernel's own; `autofs` is only the place where others are mounted when somebody goes there.
  private static let withoutData: Set<String> = [
    "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs",
    "efivarfs",
    "fusectl", "hugetlbfs", "mqueue", "nsfs", "proc", "pstore", "rpc_pipefs", "securityfs", "selinuxfs",
    "sysfs",
    "tracefs",
  ]
}

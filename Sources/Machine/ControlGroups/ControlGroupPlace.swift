/// Where one control group of the unified hierarchy lies.
struct ControlGroupPlace: Equatable {
  /// As the kernel names it, such as `/system.slice/blechd.service`.
  let name: String
  /// Its directory.
  let path: String
  /// Its own directory and those of the groups around it, as far as this process sees them, inmost first.
  let ancestry: [String]

  /// The group that this process is in.
  static func own(below root: String) throws(ControlGroupObstacle) -> ControlGroupPlace {
    guard
      let line = KernelFile.read("\(root)/proc/self/cgroup")?.split(separator: "\n")
        .first(where: { $0.hasPrefix("0::/") })
    else { throw .noHierarchy }
    let name = String(line.dropFirst("0::".count))
    let mounts = Self.mounts(KernelFile.read("\(root)/proc/self/mountinfo") ?? "")
    guard !mounts.isEmpty else { throw .noHierarchy }
    for mount in mounts {
      if let place = ControlGroupPlace(name, in: mount, below: root) { return place }
    }
    throw .outOfSight(name)
  }

  /// Nil where the group lies outside of what is mounted there.
  private init?(_ name: String, in mount: Mount, below root: String) {
    let (whole, top) = (Self.parts(name), Self.parts(mount.root))
    guard whole.starts(with: top), !whole.contains("..") else { return nil }
    self.init(name: name, top: root + mount.point, inner: whole.dropFirst(top.count))
  }

  private init(name: String, top: String, inner: ArraySlice<Substring>) {
    self.name = name
    ancestry = (0...inner.count).reversed().map { depth in
      top + inner.prefix(depth).map { "/\($0)" }.joined()
    }
    path = ancestry[0]
  }

  /// The group around this one, or nil where this is the outermost in sight.
  var parent: ControlGroupPlace? {
    guard ancestry.count > 1 else { return nil }
    let name = "/" + Self.parts(name).dropLast().joined(separator: "/")
    return ControlGroupPlace(name: name, path: ancestry[1], ancestry: Array(ancestry.dropFirst()))
  }

  private init(name: String, path: String, ancestry: [String]) {
    self.name = name
    self.path = path
    self.ancestry = ancestry
  }

  private static func parts(_ path: String) -> [Substring] { path.split(separator: "/") }

  private struct Mount {
    /// The group whose content is seen there.
    var root: String
    var point: String
  }

  /// Where the unified hierarchy is mounted. (Points with blanks, which are written otherwise there, are not used.)
  private static func mounts(_ mountInfo: String) -> [Mount] {
    mountInfo.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ")
      guard let separator = fields.firstIndex(of: "-"), separator >= 6, fields.count > separator + 1,
        fields[separator + 1] == "cgroup2"
      else { return nil }
      return Mount(root: String(fields[3]), point: String(fields[4]))
    }
  }
}

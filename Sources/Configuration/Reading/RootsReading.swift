extension WatchedRoot {
  private static let mostRoots = 256
  private static let mostPatterns = 1000

  /// The roots of the file; at least one, or it is said that there is none.
  static func read(_ file: Mapping) -> [WatchedRoot] {
    let allowed = "a list of folders, each after a dash: - path: /data/lab"
    guard let setting = file["watch"] else {
      file.refuse("watch", "is missing; it must be \(allowed)")
      return []
    }
    guard let entries = setting.list(limit: mostRoots, mustBe: allowed) else { return [] }
    if entries.isEmpty { setting.refuse("is an empty list; must be \(allowed)") }
    let roots = entries.compactMap { entry in read(entry).map { (entry: entry, root: $0) } }
    refuseOverlaps(roots)
    return roots.map(\.root)
  }

  private static func read(_ entry: Setting) -> WatchedRoot? {
    guard case .mapping = entry.node, let mapping = entry.mapping() else {
      entry.refuse(mustBe: "a mapping that begins with path: - path: /data/lab")
      return nil
    }
    var root: WatchedRoot?
    mapping.read { mapping in
      let path = mapping["path"]
      if path == nil { mapping.refuse("path", "is missing; name the folder to watch") }
      var made = WatchedRoot(path: path?.rootPath() ?? "")
      made.backend = mapping["backend"]?.word(Backend.self) ?? made.backend
      made.exclude = mapping["exclude"]?.patterns(limit: mostPatterns) ?? []
      made.priority = mapping["priority"]?.wholeNumber(in: -1000...1000) ?? made.priority
      made.backlog = mapping["backlog"]?.backlog() ?? made.backlog
      root = made.path.isEmpty ? nil : made
    }
    return root
  }

  /// Each file belongs to one root: otherwise two settings would hold for it.
  private static func refuseOverlaps(_ roots: [(entry: Setting, root: WatchedRoot)]) {
    for (index, inner) in roots.enumerated() {
      for (otherIndex, outer) in roots.enumerated() where otherIndex != index && outer.root.holds(inner.root)
      {
        let isSame = inner.root.holds(outer.root)
        // The second of equals is the one too many.
        if isSame && otherIndex > index { continue }
        Setting(
          path: inner.entry.path + ".path", line: inner.entry.pathLine, node: inner.entry.node,
          problems: inner.entry.problems
        ).refuse(
          "is \(inner.root.path.shortened), which \(isSame ? "equals" : "lies below") \(outer.entry.path), "
            + "\(outer.root.path.shortened) (line \(outer.entry.pathLine)); remove one of them")
        break
      }
    }
  }
}

extension Setting {
  /// Where an entry's path stands.
  fileprivate var pathLine: Int { node.mapping?.first { $0.key.scalar?.string == "path" }?.key.line ?? line }

  fileprivate func rootPath() -> String? {
    let allowed = "an absolute path, such as /data/lab"
    guard let text = text(mustBe: allowed) else { return nil }
    let parts = text.pathParts
    guard text.isAbsolutePath, !parts.isEmpty, !parts.contains("."), !parts.contains(".."),
      text.utf8.count < 4096
    else {
      refuse(mustBe: "\(allowed), without . and .. and not / itself")
      return nil
    }
    return "/" + parts.joined(separator: "/")
  }

  fileprivate func patterns(limit: Int) -> [String]? {
    if isNull { return nil }
    return list(limit: limit, mustBe: "a list of patterns, such as [\"*.tmp\", \"old/**\"]")?.compactMap {
      item in
      let allowed =
        "a pattern for what lies below the folder, such as \"old/**\", without / at its start and .."
      guard let text = item.text(mustBe: allowed) else { return nil }
      guard !text.isAbsolutePath, !text.pathParts.contains(".."), text.utf8.count < 4096 else {
        item.refuse(mustBe: allowed)
        return nil
      }
      return text
    }
  }

  fileprivate func backlog() -> WatchedRoot.Backlog? {
    if let text = node.scalar?.string, let backlog = WatchedRoot.Backlog(text) { return backlog }
    refuse(mustBe: "none, all or a day, such as 2026-01-31")
    return nil
  }
}

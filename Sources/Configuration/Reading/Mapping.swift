import Yams

/// One mapping of the file while it is read. A key is known once it was asked for; what is left over at the
/// end is not.
struct Mapping {
  /// Such as `watch[1]`; empty for the file's own.
  let path: String
  /// Where the mapping begins.
  let line: Int
  private let settings: [String: Setting]
  private let problems: Problems

  private init(path: String, line: Int, settings: [String: Setting], problems: Problems) {
    self.path = path
    self.line = line
    self.settings = settings
    self.problems = problems
  }

  /// One in which nothing is set.
  static func empty(path: String, line: Int, _ problems: Problems) -> Mapping {
    Mapping(path: path, line: line, settings: [:], problems: problems)
  }

  init(_ mapping: Node.Mapping, path: String, line: Int, _ problems: Problems) {
    var settings: [String: Setting] = [:]
    for (key, value) in mapping {
      guard let name = key.scalar?.string else {
        problems.add("has a list or a mapping for a key; keys are words", at: path, line: key.line)
        continue
      }
      let keyPath = path.isEmpty ? name : "\(path).\(name)"
      if settings[name] != nil {
        problems.add("is there more than once; keep one of them", at: keyPath, line: key.line)
      }
      settings[name] = Setting(path: keyPath, line: key.line, node: value, problems: problems)
    }
    self.init(path: path, line: line, settings: settings, problems: problems)
  }

  /// Where the key is set, or where it would be.
  func line(of key: String) -> Int? { settings[key]?.line }

  /// What is set for a key, or nil.
  subscript(key: String) -> Setting? {
    problems.addKnown(key, in: path)
    return settings[key]
  }

  /// The mapping below a key. Nothing behind the key, or no such key, means that nothing is set there.
  func mapping(_ key: String) -> Mapping {
    let keyPath = path.isEmpty ? key : "\(path).\(key)"
    let setting = self[key]
    return setting?.mapping() ?? .empty(path: keyPath, line: setting?.line ?? line, problems)
  }

  /// Reads the mapping; keys that `body` does not ask for are unknown.
  func read(_ body: (Mapping) -> Void) {
    body(self)
    for (key, setting) in settings.sorted(by: { $0.value.line < $1.value.line })
    where !problems.isKnown(key, in: path) {
      problems.addUnknown(key, in: path, line: setting.line)
    }
  }

  func refuse(_ key: String, _ what: String, line: Int? = nil) {
    problems.add(
      what, at: path.isEmpty ? key : "\(path).\(key)", line: line ?? self.line(of: key) ?? self.line)
  }
}

/// Gathers what is wrong while a file is read, so that a person can mend all of it at once.
final class Problems {
  private var found: [ConfigurationProblem] = []
  /// The keys of each mapping that blechd knows, in the order in which they are asked for.
  private var known: [String: [String]] = [:]
  private var unknown: [(mapping: String, key: String, line: Int)] = []

  /// More would be read by nobody.
  private static let limit = 200

  func add(_ what: String, at key: String = "", line: Int?) {
    if found.count < Self.limit { found.append(ConfigurationProblem(line: line, key: key, what: what)) }
  }

  /// - Parameter mapping: its path; all entries of a list count as one.
  func addKnown(_ key: String, in mapping: String) {
    let mapping = Self.withoutIndices(mapping)
    if known[mapping]?.contains(key) != true { known[mapping, default: []].append(key) }
  }

  func isKnown(_ key: String, in mapping: String) -> Bool {
    known[Self.withoutIndices(mapping)]?.contains(key) == true
  }

  func addUnknown(_ key: String, in mapping: String, line: Int) {
    if unknown.count < Self.limit { unknown.append((mapping, key, line)) }
  }

  /// By line. What is nearest to an unknown key is known only when everything has been read.
  var all: [ConfigurationProblem] {
    let strangers = unknown.map { stranger in
      let key = stranger.key.isEmpty ? "\"\"" : stranger.key
      let place = stranger.mapping.isEmpty ? key : "\(stranger.mapping).\(key)"
      return ConfigurationProblem(
        line: stranger.line, key: place.shortened,
        what:
          "is no key that blechd knows; \(advice(stranger.key, in: Self.withoutIndices(stranger.mapping)))")
    }
    // Sorting is stable: what concerns the whole file comes first, several problems of a line stay as they
    // are.
    return (found + strangers).sorted { ($0.line ?? 0) < ($1.line ?? 0) }
  }

  private func advice(_ key: String, in mapping: String) -> String {
    let keys = known[mapping] ?? []
    if let near = Spelling.nearest(to: key, among: keys) { return "did you mean \(near)?" }
    let homes = known.filter { $0.key != mapping && $0.value.contains(key) }.keys.sorted()
    if let home = homes.first {
      return home.isEmpty ? "it belongs to the left margin" : "it belongs below \(home)"
    }
    return "known here: \(keys.joined(separator: ", "))"
  }

  private static func withoutIndices(_ path: String) -> String {
    var isInside = false
    return path.filter { character in
      if character == "[" { isInside = true }
      defer { if character == "]" { isInside = false } }
      return !isInside
    }
  }
}

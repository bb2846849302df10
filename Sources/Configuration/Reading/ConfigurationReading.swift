import Parameters
import Yams

extension Configuration {
  /// Reads a configuration, and the `inference_file` that it names.
  ///
  /// - Parameters:
  ///   - bytes: YAML in UTF-8.
  ///   - file: the path that errors name.
  /// - Throws: `ConfigurationError` with everything that is wrong.
  public init(yaml bytes: [UInt8], file: String) throws(ConfigurationError) {
    let problems = Problems()
    self = .default
    do {
      let root = try YAMLDocument.compose(bytes)
      if let file = Self.top(root, problems) { read(file) }
    } catch {
      problems.add(error.what, at: error.key.shortened, line: error.line)
    }
    let found = problems.all
    guard found.isEmpty else { throw ConfigurationError(file: file, found) }
  }

  /// The file's own mapping, or nil if it is none. A file with nothing in it, or with comments alone, sets
  /// nothing.
  private static func top(_ root: Node?, _ problems: Problems) -> Mapping? {
    guard let root else { return .empty(path: "", line: 1, problems) }
    let file = Setting(path: "", line: root.line, node: root, problems: problems)
    return file.isNull ? .empty(path: "", line: root.line, problems) : file.mapping()
  }

  private mutating func read(_ file: Mapping) {
    file.read { file in
      watch = WatchedRoot.read(file)
      if let seconds = file["settle_seconds"]?.number(in: 1...3600, "a number of seconds, 1...3600") {
        settle = .milliseconds(Int((seconds * 1000).rounded()))
      }
      if let minutes = file["pipeline_wait_minutes"]?.wholeNumber(in: 0...10_080, unit: "minutes") {
        pipelineWait = .minutes(minutes)
      }
      requiresExecutionLog = file["require_execution_log"]?.truth() ?? requiresExecutionLog
      if let word = file["existing_results"]?.word(ExistingResults.self) {
        replacesForeignResults = word == .replace
      }
      readParameters(file)
      figures.read(file.mapping("figures"))
      limits.read(file.mapping("limits"))
      retry.read(file.mapping("retry"))
      history.read(file.mapping("history"))
      file.mapping("notify").read { notifyCommand = $0["command"]?.command() }
      controlGroup = file["control_group"]?.groupName()
    }
  }

  /// The words for `replacesForeignResults`.
  enum ExistingResults: String, CaseIterable {
    case keep, replace
  }
}

extension Configuration.Figures {
  fileprivate mutating func read(_ mapping: Mapping) {
    mapping.read {
      set = $0["set"]?.word(Selection.self) ?? set
      format = $0["format"]?.word(Format.self) ?? format
      dpi = $0["dpi"]?.wholeNumber(in: 50...600) ?? dpi
    }
  }
}

extension Configuration.Retry {
  fileprivate mutating func read(_ mapping: Mapping) {
    mapping.read {
      attempts = $0["attempts"]?.wholeNumber(in: 1...100) ?? attempts
      let first = $0["first_delay_seconds"]?.wholeNumber(in: 1...86_400, unit: "seconds")
      let longest = $0["max_delay_seconds"]?.wholeNumber(in: 1...604_800, unit: "seconds")
      firstDelay = first.map { .seconds($0) } ?? firstDelay
      longestDelay = longest.map { .seconds($0) } ?? longestDelay
      if firstDelay > longestDelay {
        let key = longest == nil ? "first_delay_seconds" : "max_delay_seconds"
        $0.refuse(
          key,
          "the first delay, \(firstDelay.components.seconds) s, must not exceed the longest, "
            + "\(longestDelay.components.seconds) s")
      }
    }
  }
}

extension Configuration.History {
  fileprivate mutating func read(_ mapping: Mapping) {
    mapping.read {
      days = $0["days"]?.wholeNumber(in: 1...36_500) ?? days
      rows = $0["rows"]?.wholeNumber(in: 100...10_000_000) ?? rows
    }
  }
}

extension Setting {
  /// A program's path, or a list of it and its arguments. No shell reads it, so blanks divide nothing.
  fileprivate func command() -> [String]? {
    if isNull { return nil }
    let allowed = "a program's absolute path, such as /usr/local/bin/tell-us"
    let forms = "\(allowed), or, with arguments, a list: [/usr/local/bin/tell-us, --verbose]"
    guard case .sequence = node else {
      guard let path = text(mustBe: forms, mayBeNull: true) else { return nil }
      guard path.isAbsolutePath, !path.unicodeScalars.contains(where: \.properties.isWhitespace) else {
        refuse(mustBe: forms)
        return nil
      }
      return [path]
    }
    guard let words = list(limit: 100, mustBe: forms) else { return nil }
    let texts = words.compactMap { $0.text(mustBe: "text") }
    guard texts.count == words.count else { return nil }
    guard let program = texts.first, program.isAbsolutePath else {
      words.first?.refuse(mustBe: allowed) ?? refuse("is an empty list; must be \(forms)")
      return nil
    }
    return texts
  }

  fileprivate func groupName() -> String? {
    if isNull { return nil }
    let allowed = "a group's name"
    guard let name = text(mustBe: allowed, mayBeNull: true) else { return nil }
    let isName =
      name.utf8.count <= 256 && !name.allSatisfy(\.isNumber)
      && !name.unicodeScalars.contains {
        $0.properties.generalCategory == .control || ":,".unicodeScalars.contains($0)
      }
    guard isName else {
      refuse(mustBe: "\(allowed), not its number")
      return nil
    }
    return name
  }
}

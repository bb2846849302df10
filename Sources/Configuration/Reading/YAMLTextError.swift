import Yams

/// Why a file is no YAML that is read here.
struct YAMLTextError: Error, Equatable {
  /// From 1; nil where the whole file is concerned.
  var line: Int?
  var key = ""
  var what: String

  static func alias(line: Int) -> YAMLTextError {
    YAMLTextError(
      line: line,
      what: "anchors (&name) and aliases (*name) are not allowed; text that begins with * or & needs quotes: "
        + "\"*.tmp\"")
  }

  static func tag(line: Int) -> YAMLTextError {
    YAMLTextError(
      line: line, what: "tags (!name) are not allowed; text that begins with ! needs quotes: \"!name\"")
  }

  /// libyaml sees an error at the end of the file on the line behind the last one.
  func clamped(to lastLine: Int) -> YAMLTextError {
    var error = self
    error.line = line.map { min(max($0, 1), lastLine) }
    return error
  }
}

extension YAMLTextError {
  init(_ error: any Error) {
    switch error as? YamlError {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      self.init(context: context?.text ?? "", problem: problem, line: mark.line)
    case .duplicatedKeysInMapping(let duplicates, let context):
      self.init(
        line: context.mark.line, key: duplicates.first ?? "",
        what: "is there more than once, here for the first time; keep one of them")
    case .reader(let problem, _, _, _): self.init(line: nil, what: "is not valid YAML: \(problem)")
    default: self.init(line: nil, what: "is not valid YAML: \(error)")
    }
  }

  /// - Parameters: libyaml's words.
  private init(context: String, problem: String, line: Int) {
    if problem.contains("undefined alias") || context.contains("alias") || context.contains("anchor") {
      self = .alias(line: line)
    } else if problem.contains("another document") {
      self.init(
        line: line, what: "a second document begins here, and one is read; remove this --- and what follows")
    } else {
      let hint = Self.hints.first { problem.contains($0.problem) }.map { "; \($0.hint)" } ?? ""
      self.init(line: line, what: "is not valid YAML: \(problem)\(hint)")
    }
  }

  /// What people do wrong most often, by libyaml's words for it.
  private static let hints: [(problem: String, hint: String)] = [
    (
      "cannot start any token",
      "indent with blanks, not tabs, and put text that begins with @, ` or % in quotes"
    ),
    ("mapping values are not allowed", "keys of one mapping are indented alike, one a line"),
    ("expected ':'", "a key is followed by a colon and a blank"),
    ("did not find expected key", "keys of one mapping are indented alike"),
    ("expected '-' indicator", "entries of one list are indented alike, each after a dash and a blank"),
    ("unexpected end of stream", "a quote is not closed"),
    ("expected ',' or ']'", "a bracket or a quote is not closed"),
    ("expected ',' or '}'", "a brace or a quote is not closed"),
    ("<document start>", "keys of one mapping are indented alike"),
  ]
}

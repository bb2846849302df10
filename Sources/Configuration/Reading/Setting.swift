import Yams

/// What stands behind a key, or after a dash. Each reading of it gives a value, or nil after it has said what
/// is wrong.
struct Setting {
  /// Such as `watch[1].backend`.
  let path: String
  let line: Int
  let node: Node
  let problems: Problems

  func refuse(_ what: String) { problems.add(what, at: path.shortened, line: line) }

  /// Says what is there, and what must be.
  func refuse(mustBe allowed: String) { refuse("is \(found); must be \(allowed)") }

  /// Nothing at all, or YAML's words for it. In quotes they are text.
  var isNull: Bool { plainText.map { ["", "~", "null", "Null", "NULL"].contains($0) } ?? false }

  /// A word without quotes.
  var plainText: String? {
    guard case .scalar(let scalar) = node, scalar.style == .plain else { return nil }
    return scalar.string
  }

  private var found: String {
    switch node {
    case .sequence: "a list"
    case .mapping: "a mapping (keys with values)"
    case .alias: "an alias"
    case .scalar(let scalar):
      if let plainText {
        plainText.isEmpty ? "empty" : plainText.shortened
      } else {
        "the text \"\(scalar.string.shortened)\""
      }
    }
  }
}

// MARK: Single values

extension Setting {
  /// - Parameter or: a word that is allowed too, and is read elsewhere.
  func wholeNumber(in range: ClosedRange<Int>, unit: String = "", or word: String? = nil) -> Int? {
    let allowed =
      (word.map { "\($0) or " } ?? "")
      + "a whole number\(unit.isEmpty ? "" : " of \(unit)")\(Self.text(range))"
    guard let text = plainText, let number = Self.wholeNumber(text) else {
      let isOctal = plainText.map { $0.hasPrefix("0") && Int(asciiDigits: $0.utf8) != nil } ?? false
      let hint = isOctal ? ", without 0 before it" : ""
      refuse(mustBe: allowed + hint + quotesHint { Self.wholeNumber($0) != nil })
      return nil
    }
    guard range.contains(number) else {
      refuse(mustBe: allowed)
      return nil
    }
    return number
  }

  /// - Parameter allowed: the words for the range.
  func number(in range: ClosedRange<Double>, _ allowed: String) -> Double? {
    guard let text = plainText, let number = Self.number(text), range.contains(number) else {
      refuse(mustBe: allowed + quotesHint { Self.number($0) != nil })
      return nil
    }
    return number
  }

  /// YAML has many words for these, and none of them can be taken for anything else here.
  func truth() -> Bool? {
    switch plainText?.lowercased() {
    case "true", "yes", "on": return true
    case "false", "no", "off": return false
    default:
      refuse(mustBe: "true or false" + quotesHint { $0 == "true" || $0 == "false" })
      return nil
    }
  }

  /// One of a few words; quotes do not matter.
  func word<Word: RawRepresentable & CaseIterable>(_: Word.Type) -> Word? where Word.RawValue == String {
    if let text = node.scalar?.string, let word = Word(rawValue: text) { return word }
    let words = Word.allCases.map(\.rawValue)
    refuse(mustBe: (words.count > 1 ? words.dropLast().joined(separator: ", ") + " or " : "") + words.last!)
    return nil
  }

  /// Text with something in it. Where it may be left out, the words that others use for nothing are no text.
  func text(mustBe allowed: String, mayBeNull: Bool = false) -> String? {
    let others = ["none", "no", "off", "false"]
    guard let text = node.scalar?.string, !isNull, !text.isEmpty, !text.utf8.contains(0),
      !(mayBeNull && plainText.map { others.contains($0.lowercased()) } ?? false)
    else {
      refuse(mustBe: allowed + (mayBeNull ? ", or null for none" : ""))
      return nil
    }
    return text
  }

  private func quotesHint(_ isMeant: (String) -> Bool) -> String {
    plainText == nil && node.scalar.map { isMeant($0.string) } ?? false ? ", without quotes" : ""
  }

  private static func text(_ range: ClosedRange<Int>) -> String {
    switch (range.lowerBound, range.upperBound) {
    case (.min, .max): ""
    case (let least, .max): ", \(least) or more"
    case (let least, let most): ", \(least)...\(most)"
    }
  }

  /// Digits, perhaps after a minus. Not 010, which YAML takes for an 8, nor 0x10, 1_000 or 1:30.
  private static func wholeNumber(_ text: String) -> Int? {
    let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
    guard !digits.isEmpty, digits.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
      digits == "0" || !digits.hasPrefix("0")
    else { return nil }
    // One that is too large for the type is as far out of every range as the largest.
    return Int(text) ?? (text.hasPrefix("-") ? .min : .max)
  }

  private static func number(_ text: String) -> Double? {
    let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
    guard let first = digits.utf8.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first),
      !(digits.hasPrefix("0") && digits.dropFirst().first?.isWholeNumber == true),
      digits.utf8.allSatisfy("0123456789.eE+-".utf8.contains), let number = Double(text), number.isFinite
    else { return nil }
    return number
  }
}

// MARK: Several values

extension Setting {
  /// The mapping; nil where there is none.
  func mapping() -> Mapping? {
    if isNull { return nil }
    guard case .mapping(let mapping) = node else {
      refuse(mustBe: "a mapping: keys with values, indented below it")
      return nil
    }
    return Mapping(mapping, path: path, line: line, problems)
  }

  /// - Parameter allowed: the words for what the list holds.
  func list(limit: Int, mustBe allowed: String) -> [Setting]? {
    guard case .sequence(let sequence) = node else {
      refuse(mustBe: allowed)
      return nil
    }
    guard sequence.count <= limit else {
      refuse("has \(sequence.count) entries; \(limit) are allowed")
      return nil
    }
    return sequence.enumerated().map { index, item in
      Setting(path: "\(path)[\(index)]", line: item.line, node: item, problems: problems)
    }
  }
}

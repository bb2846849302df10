import Yams

/// The one document of a YAML file, as nodes that know their lines: no aliases, no types but YAML's own.
enum YAMLDocument {
  /// - Returns: nil for an empty file.
  static func compose(_ bytes: [UInt8]) throws(YAMLTextError) -> Node? {
    let text = try YAMLText.checked(bytes)
    do {
      // What a plain word means depends on the key: `no` may be a name. So Yams does not guess.
      let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
      // An anchor lives as long as the parser; without one there is no alias either.
      return try withExtendedLifetime(parser) {
        guard let root = try parser.singleRoot() else { return nil }
        try refuseAnchorsAndTags(root, isKey: false)
        return root
      }
    } catch let error as YAMLTextError {
      throw error
    } catch {
      throw YAMLTextError(error).clamped(to: YAMLText.lineCount(text))
    }
  }

  /// As deep as libyaml goes at most: 1000 levels.
  ///
  /// - Parameter isKey: of what is below a key, too. Comparing keys has given them tags.
  private static func refuseAnchorsAndTags(_ node: Node, isKey: Bool) throws {
    if node.anchor != nil { throw YAMLTextError.alias(line: node.line) }
    func refuse(_ tag: Tag, unless usual: Tag.Name?) throws {
      let allowed = [Tag.Name.implicit, usual].compactMap(\.?.rawValue)
      if !allowed.contains(tag.rawValue) { throw YAMLTextError.tag(line: node.line) }
    }
    switch node {
    case .scalar(let scalar): try refuse(scalar.tag, unless: isKey || scalar.style != .plain ? .str : nil)
    case .sequence(let sequence):
      try refuse(sequence.tag, unless: isKey ? .seq : nil)
      for item in sequence { try refuseAnchorsAndTags(item, isKey: isKey) }
    case .mapping(let mapping):
      try refuse(mapping.tag, unless: isKey ? .map : nil)
      for (key, value) in mapping {
        try refuseAnchorsAndTags(key, isKey: true)
        try refuseAnchorsAndTags(value, isKey: isKey)
      }
    case .alias: throw YAMLTextError.alias(line: node.line)
    }
  }
}

extension Node {
  /// From 1.
  var line: Int { mark?.line ?? 1 }
}

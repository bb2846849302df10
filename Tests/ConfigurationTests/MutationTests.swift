import Configuration
import TestSupport
import Testing
import Yams

/// The example, damaged in thousands of ways: it is refused, with lines that it has, or means what it says.
@Suite struct MutationTests {
  private static let mutations = 4000

  @Test func `A damaged configuration is refused or means what it says`() throws {
    var numbers = SeededNumbers(seed: 6)
    let texts = [Array(try example().utf8), Array(Everything.yaml.utf8)]
    var accepted = 0
    for index in 0..<Self.mutations {
      var bytes = texts[index % 2]
      for _ in 0..<Int.random(in: 1...3, using: &numbers) { Self.mutate(&bytes, &numbers) }
      let result = Result { () throws(ConfigurationError) in
        try Configuration(yaml: bytes, file: someFile)
      }
      switch result {
      case .success(let configuration):
        accepted += 1
        try Self.check(configuration, says: String(decoding: bytes, as: UTF8.self))
      case .failure(let error):
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).count
        #expect(!error.problems.isEmpty)
        for problem in error.problems { #expect((1...lines).contains(problem.line ?? 0), "\(error)") }
      }
    }
    #expect(accepted > Self.mutations / 10 && accepted < Self.mutations * 9 / 10)
  }

  private static func mutate(_ bytes: inout [UInt8], _ numbers: inout SeededNumbers) {
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
    let line = lines.indices.randomElement(using: &numbers)!
    let column = lines[line].indices.randomElement(using: &numbers) ?? 0
    switch Int.random(in: 0..<8, using: &numbers) {
    case 0 where !lines[line].isEmpty: lines[line][column] ^= 1 << UInt8.random(in: 0..<8, using: &numbers)
    case 1 where !lines[line].isEmpty: lines[line][column] = UInt8.random(in: .min ... .max, using: &numbers)
    case 2:
      lines[line].insert(Array("\"'[]{}:,-#&*!|>?% \t0~".utf8).randomElement(using: &numbers)!, at: column)
    case 3: lines.remove(at: line)
    case 4: lines.insert(lines[line], at: line)
    case 5: lines[line] = Array(repeating: UInt8(ascii: " "), count: 2) + lines[line]
    case 6: lines[line].removeFirst(min(2, lines[line].count))
    default: lines.swapAt(line, lines.indices.randomElement(using: &numbers)!)
    }
    bytes = Array(lines.joined(separator: [UInt8(ascii: "\n")]))
    if bytes.isEmpty { bytes = [UInt8(ascii: "\n")] }
  }

  /// Everything that the text says must be found in the configuration: nothing may be passed over.
  private static func check(_ configuration: Configuration, says text: String) throws {
    #expect(try read(configuration.yaml) == configuration)
    guard let said = try compose(yaml: text, .basic),
      let understood = try compose(yaml: configuration.yaml, .basic)
    else { return }
    #expect(agree(said, understood), "\(text)\n\(configuration.yaml)")
  }

  private static func agree(_ said: Node, _ understood: Node) -> Bool {
    switch (said, understood) {
    case (.mapping(let said), .mapping(let understood)):
      return said.allSatisfy { key, value in
        understood.first { $0.key.scalar?.string == key.scalar?.string }.map { agree(value, $0.value) }
          ?? isNothing(value)
      }
    case (.sequence(let said), .sequence(let understood)):
      return said.count == understood.count && zip(said, understood).allSatisfy(agree)
    case (.scalar, .mapping), (.scalar, .sequence(_)):
      // Nothing is said; or one program is a command, too.
      return isNothing(said) || understood.sequence?.map { $0.scalar?.string } == [said.scalar?.string]
    case (.scalar(let said), .scalar(let understood)):
      return words(said.string).contains(understood.string)
        || isNothing(.scalar(said)) && understood.string == "null"
    default: return false
    }
  }

  private static func isNothing(_ node: Node) -> Bool {
    ["", "~", "null", "Null", "NULL"].contains(node.scalar?.string ?? "x") || node.mapping?.isEmpty ?? false
  }

  /// In which ways what is said may be shown.
  private static func words(_ said: String) -> [String] {
    var words = [said]
    if let number = Double(said) {
      words += ["\(number)", "\((number * 1000).rounded() / 1000)", "\(Int(number))"]
    }
    if ["true", "yes", "on"].contains(said.lowercased()) { words.append("true") }
    if ["false", "no", "off"].contains(said.lowercased()) { words.append("false") }
    if said.hasPrefix("/") { words.append("/" + said.split(separator: "/").joined(separator: "/")) }
    return words
  }
}

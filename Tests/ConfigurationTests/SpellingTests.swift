import Testing

@testable import Configuration

@Suite struct SpellingTests {
  @Test(arguments: [
    ("", "", 0), ("a", "", 1), ("", "abc", 3), ("nice", "nice", 0), ("nice", "mice", 1), ("nice", "ncie", 1),
    ("secnds", "seconds", 1), ("kitten", "sitting", 3), ("ab", "ba", 1), ("abc", "ca", 3),
  ]) func `Changes are counted in both directions alike`(first: String, second: String, changes: Int) {
    #expect(Spelling.changes(Array(first), Array(second)) == changes)
    #expect(Spelling.changes(Array(second), Array(first)) == changes)
  }

  @Test(arguments: [
    ("settle_secnds", "settle_seconds"), ("NICE", "nice"), ("nise", "nice"),
    ("settel_second", "settle_seconds"),
    ("ni", nil), ("limit", nil), ("", nil), (String(repeating: "nice", count: 1000), nil),
  ]) func `Only a near word is suggested`(typed: String, meant: String?) {
    #expect(Spelling.nearest(to: typed, among: ["settle_seconds", "nice", "io_class"]) == meant)
  }
}

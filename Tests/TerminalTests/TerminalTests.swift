import Testing

@testable import Terminal

@Suite struct NumberTests {
  @Test(
    arguments: [
      (0, 0, "0"), (0.5, 0, "1"), (1.5, 2, "1.50"), (-1.005, 1, "-1.0"), (0.04999, 1, "0.0"),
      (0.95, 1, "1.0"),
      (-0.0001, 2, "0.00"), (9.999, 2, "10.00"), (123456, 3, "123456.000"), (0.0625, 4, "0.0625"),
      (.nan, 3, "nan"), (.infinity, 3, "inf"), (-.infinity, 3, "-inf"),
      (1e17, 1, "1e+17"), (9e14, 4, "900000000000000.0"), (9.9e14, 6, "990000000000000.0"),
      (.greatestFiniteMagnitude, 4, "1.7976931348623157e+308"), (.leastNonzeroMagnitude, 2, "0.00"),
    ] as [(Double, Int, String)])
  func `A number is rounded to its decimals and never traps`(value: Double, decimals: Int, text: String) {
    #expect(Number.text(value, decimals: decimals) == text)
  }
}

@Suite struct TableTests {
  @Test func `Columns are as wide as their widest cell and two blanks apart`() {
    var table = Table([("name", .left), ("n", .right), ("x", .left)])
    table.append(["a", "1", "left"])
    table.append(["longer", "1000", ""])
    #expect(table.lines == ["name       n  x", "a          1  left", "longer  1000"])
  }

  @Test(arguments: [
    ("abc", 3), ("", 0), ("日本", 4), ("e\u{301}", 1), ("é", 1), ("한국", 4), ("\u{1112}\u{1161}\u{11AB}", 2),
    ("a\u{200B}b", 2), ("🙂", 2), ("Ｆ", 2),
  ]) func `Wide characters take two columns, combining marks none`(text: String, columns: Int) {
    #expect(text.columns == columns)
    var table = Table([("", .left), ("", .left)])
    table.append([text, "|"])
    table.append(["12345", "|"])
    #expect(table.lines[1] == text + String(repeating: " ", count: 5 - columns) + "  |")
  }

  @Test func `A cell cannot break its line or steer the terminal`() {
    var table = Table([("a", .left), ("b", .left)])
    table.append(["one\ntwo", "\u{1B}[31mred\u{9B}\u{7F}"])
    #expect(table.lines == ["a            b", "one\\u{a}two  \\u{1b}[31mred\\u{9b}\\u{7f}"])
  }
}

@Suite struct ProgressBarTests {
  @Test(
    arguments: [
      (0, "...................."), (0.5, "##########.........."), (0.99, "###################."),
      (1, "####################"), (-1, "...................."), (7, "####################"),
      (.nan, "...................."),
    ] as [(Double, String)])
  func `The bar shows the share that is done`(fraction: Double, bar: String) {
    #expect(ProgressBar(label: "a", fraction: fraction, detail: "b").line(width: 80) == "a [\(bar)] b")
  }

  @Test func `A line is cut to the terminal's width, wide characters whole`() {
    let bar = ProgressBar(label: "日本", fraction: 0, detail: "detail")
    #expect(bar.line(width: 0) == "")
    #expect(bar.line(width: 1) == "")
    #expect(bar.line(width: 2) == "日")
    #expect(bar.line(width: 3) == "日")
    #expect(bar.line(width: 5) == "日本 ")
    for width in 0..<60 { #expect(bar.line(width: width).columns <= width) }
  }
}

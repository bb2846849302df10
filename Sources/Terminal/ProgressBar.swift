import Vocabulary

/// How far one thing has come, as a line of text.
public struct ProgressBar: Equatable, Sendable {
  public var label: String
  /// 0...1.
  public var fraction: Double
  public var detail: String

  private static let length = 20

  public init(label: String, fraction: Double, detail: String) {
    self.label = label
    self.fraction = fraction
    self.detail = detail
  }

  /// The line, cut to `width` columns.
  public func line(width: Int) -> String {
    // The order matters: NaN is no greater than anything, and counts as nothing done.
    let share = min(fraction > 0 ? fraction : 0, 1)
    let done = Int((share * Double(Self.length)).rounded(.down))
    let bar = String(repeating: "#", count: done) + String(repeating: ".", count: Self.length - done)
    var line = ""
    var columns = 0
    for character in "\(label) [\(bar)] \(detail)".escapingControls {
      columns += String(character).columns
      if columns > width { break }
      line.append(character)
    }
    return line
  }
}

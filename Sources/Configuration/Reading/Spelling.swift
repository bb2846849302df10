/// Guesses what a person meant to write.
enum Spelling {
  /// A longer word is no slip of anything here.
  private static let longestWord = 64

  /// The word that takes the fewest changes to get to, if it takes few.
  static func nearest(to word: String, among words: [String]) -> String? {
    guard word.count <= longestWord else { return nil }
    let typed = word.lowercased()
    let ranked = words.map { (word: $0, changes: changes(Array(typed), Array($0))) }
    // min(by:) keeps the first of equals.
    guard let best = ranked.min(by: { $0.changes < $1.changes }) else { return nil }
    return best.changes <= max(1, best.word.count / 4) ? best.word : nil
  }

  /// How many letters must be put in, left out, changed or swapped with their neighbour to make one word of
  /// the other (the optimal string alignment distance).
  static func changes(_ first: [Character], _ second: [Character]) -> Int {
    var before: [Int] = []
    var above = Array(0...second.count)
    for row in 0..<first.count {
      var current = [row + 1]
      for column in 0..<second.count {
        var least = min(above[column + 1], current[column]) + 1
        least = min(least, above[column] + (first[row] == second[column] ? 0 : 1))
        if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
          least = min(least, before[column - 1] + 1)
        }
        current.append(least)
      }
      (before, above) = (above, current)
    }
    return above[second.count]
  }
}

extension String {
  /// Cut where a message would get too long.
  var shortened: String { count <= 60 ? self : prefix(57) + "..." }
}

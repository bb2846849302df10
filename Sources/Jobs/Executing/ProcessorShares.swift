/// Which processors are given to which worker, where nothing else keeps workers from taking more than their share.
struct ProcessorShares {
  /// How many workers run on each processor.
  private var holders: [Int: Int]

  /// - Parameter allowed: the numbers of the processors that there are to give.
  init(allowed: [Int]) { holders = Dictionary(allowed.map { ($0, 0) }) { first, _ in first } }

  /// Gives as many processors as the percentage of one takes, rounded up, those with the fewest workers first.
  ///
  /// - Returns: nil where that is all of them: then there is nothing to choose.
  mutating func take(percent: Int) -> [Int]? {
    let count = max(percent / 100 + (percent % 100 > 0 ? 1 : 0), 1)
    guard count < holders.count else { return nil }
    let chosen = holders.sorted { ($0.value, $0.key) < ($1.value, $1.key) }.prefix(count).map(\.key).sorted()
    for processor in chosen { holders[processor, default: 0] += 1 }
    return chosen
  }

  mutating func giveBack(_ processors: [Int]) {
    for processor in processors { holders[processor, default: 1] -= 1 }
  }
}

/// Which keys are due when: a binary heap, earliest first. A key can be in it more than once; whoever takes one decides
/// whether it still stands.
struct Deadlines<Key> {
  private var entries: [(due: Moment, key: Key)] = []

  var earliest: Moment? { entries.first?.due }
  var count: Int { entries.count }

  mutating func insert(_ key: Key, due: Moment) {
    entries.append((due, key))
    var child = entries.count - 1
    while child > 0, case let parent = (child - 1) / 2, entries[child].due < entries[parent].due {
      entries.swapAt(child, parent)
      child = parent
    }
  }

  /// Forgets what does not stand any more.
  mutating func keep(_ stands: (Moment, Key) -> Bool) {
    // An array in order is a heap.
    entries = entries.filter { stands($0.due, $0.key) }.sorted { $0.due < $1.due }
  }

  /// The earliest key, if it is due.
  mutating func next(at now: Moment) -> (due: Moment, key: Key)? {
    guard let first = entries.first, first.due <= now else { return nil }
    entries.swapAt(0, entries.count - 1)
    entries.removeLast()
    var parent = 0
    while let child = [2 * parent + 1, 2 * parent + 2].filter({ $0 < entries.count }).min(by: {
      entries[$0].due < entries[$1].due
    }), entries[child].due < entries[parent].due {
      entries.swapAt(child, parent)
      parent = child
    }
    return first
  }
}

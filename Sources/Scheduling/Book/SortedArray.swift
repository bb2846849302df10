/// A few thousand values in their order, each once.
struct SortedArray<Element: Comparable & Sendable>: Sendable {
  private(set) var elements: [Element] = []

  var first: Element? { elements.first }

  mutating func insert(_ element: Element) {
    let index = position(of: element)
    if index < elements.count, elements[index] == element { return }
    elements.insert(element, at: index)
  }

  mutating func remove(_ element: Element) {
    let index = position(of: element)
    if index < elements.count, elements[index] == element { elements.remove(at: index) }
  }

  /// The first index whose element is not below `element`.
  private func position(of element: Element) -> Int {
    var (low, high) = (0, elements.count)
    while low < high {
      let middle = (low + high) / 2
      if elements[middle] < element { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

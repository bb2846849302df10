import SystemPackage

/// Sessions that wait for their inspection: those of the highest priority first, then in the order in which they came.
/// One that has changed since is passed over by whoever takes it.
struct InspectionQueue {
  struct Entry {
    let path: FilePath
    let round: Int
  }

  private struct Key: Hashable, Comparable {
    let priority: Int
    let device: UInt64

    static func < (left: Key, right: Key) -> Bool { left.priority > right.priority }
  }

  private struct Line {
    var entries: [Entry] = []
    var head = 0

    var first: Entry? { head < entries.count ? entries[head] : nil }
  }

  private var lines: [Key: Line] = [:]

  mutating func append(_ path: FilePath, round: Int, priority: Int, device: UInt64) {
    lines[Key(priority: priority, device: device), default: Line()].entries.append(
      Entry(path: path, round: round))
  }

  /// - Parameter mayUse: whether a device can take one more.
  mutating func popFirst(where mayUse: (UInt64) -> Bool) -> Entry? {
    let usable = lines.filter { mayUse($0.key.device) }
    // Rounds count up, so that the lowest came first.
    let key = usable.min { left, right in
      left.key.priority == right.key.priority
        ? (left.value.first?.round ?? .max) < (right.value.first?.round ?? .max) : left.key < right.key
    }?.key
    guard let key, let entry = lines[key]?.first else { return nil }
    lines[key]!.head += 1
    if lines[key]!.first == nil { lines[key] = nil }
    return entry
  }
}

/// How often a polled tree is looked at: soon again where something happens, less and less often where nothing does, and
/// never so often that looking is most of what the file system has to do.
struct PollSchedule: Equatable, Sendable {
  private let range: ClosedRange<Duration>
  private(set) var interval: Duration

  /// A round takes at most this share of the time, however long the range says.
  private static let largestShare = 0.2

  init(_ range: ClosedRange<Duration>) {
    self.range = range
    interval = range.lowerBound
  }

  /// - Parameters:
  ///   - duration: how long the round took.
  ///   - foundChanges: whether it found anything new.
  mutating func roundEnded(after duration: Duration, foundChanges: Bool) {
    let wanted = foundChanges ? range.lowerBound : interval * 1.5
    interval = max(min(max(wanted, range.lowerBound), range.upperBound), duration / Self.largestShare)
  }
}

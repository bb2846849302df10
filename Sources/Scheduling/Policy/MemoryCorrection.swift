/// By how much jobs take more, or less, memory than their shapes make expect: learnt from those that have ended.
public struct MemoryCorrection: Equatable, Sendable {
  public private(set) var factor = 1.0

  /// Whatever was measured, an estimate is not trusted to be off by more.
  private static let bounds = 0.5...4.0
  /// How fast a factor that was too high comes down.
  private static let forgetting = 0.1

  public init() {}

  /// Too little is corrected at once: it makes the machine swap. Too much only leaves room unused.
  public mutating func learn(estimatedBytes: Int, peakBytes: Int) {
    guard estimatedBytes > 0, peakBytes > 0 else { return }
    let ratio = Double(peakBytes) / Double(estimatedBytes)
    let next = ratio > factor ? ratio : factor + (ratio - factor) * Self.forgetting
    factor = min(max(next, Self.bounds.lowerBound), Self.bounds.upperBound)
  }

  public func corrected(_ bytes: Int) -> Int { Int(min(Double(bytes) * factor, 1e18)) }
}

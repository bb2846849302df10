/// A script of the pipeline that was begun on a session and has not ended, as far as its log tells. It may as well have
/// crashed.
public struct UnfinishedScript: Codable, Equatable, Sendable {
  public var script: String
  /// "YYYY-MM-DD HH:MM:SS", local time of the machine that runs it, without a zone.
  public var attempted: String

  /// Clocks of two machines are not set alike; what is further ahead is no time at all, in seconds.
  private static let mostAhead: Int64 = 86_400

  public init(script: String, attempted: String) {
    self.script = script
    self.attempted = attempted
  }

  /// Until when it is waited for, in seconds since 1970; nil where it is not waited for any more.
  ///
  /// - Parameters:
  ///   - wait: how long after its beginning, in seconds.
  ///   - now: in seconds since 1970.
  public func waitedFor(_ wait: Int64, now: Int64) -> Int64? {
    guard let begun = LocalTime.seconds(attempted), begun - now <= Self.mostAhead else { return nil }
    let end = min(begun, now) + wait
    return end > now ? end : nil
  }

  public func failure(in directory: String) -> Failure {
    Failure(
      .temporary, directory, "\(script) was begun at \(attempted) and has not ended",
      remedy: "wait for it; if it has crashed, run it again, or use --ignore-log")
  }
}

/// A script of a session's log that was begun after it was last completed: it runs, or it was broken off.
public struct UnfinishedScript: Codable, Equatable, Sendable {
  public var script: String
  /// When it was begun: "YYYY-MM-DD HH:MM:SS", local time of the machine that ran it, without a zone.
  public var attempted: String

  public init(script: String, attempted: String) {
    self.script = script
    self.attempted = attempted
  }

  /// Until when it is waited for, in seconds since 1970; nil: not any more. What was begun in the future, as clocks
  /// differ, counts as begun now, up to a day: what lies beyond is no time that a clock has shown.
  ///
  /// - Parameters:
  ///   - now: in seconds since 1970.
  ///   - wait: how long after its beginning a script may still be at work.
  public func endOfWait(_ wait: Duration, now: Int64) -> Int64? {
    guard let begun = LocalTime.seconds(attempted), begun <= now + Self.clockDifference else { return nil }
    let end = min(begun, now) + wait.components.seconds
    return end > now ? end : nil
  }

  private static let clockDifference: Int64 = 24 * 60 * 60
}

extension Sequence<UnfinishedScript> {
  /// The script that is waited for longest, and until when, in seconds since 1970; nil where none is waited for.
  public func longestWait(_ wait: Duration, now: Int64) -> (script: UnfinishedScript, until: Int64)? {
    compactMap { script in script.endOfWait(wait, now: now).map { (script, $0) } }.max { $0.1 < $1.1 }
  }
}

extension Failure {
  /// A script that may still be at work keeps results from being written into the session in `directory`.
  public init(waitingFor script: UnfinishedScript, in directory: String) {
    self.init(
      .temporary, directory, "\(script.script) was begun at \(script.attempted) and has not ended",
      remedy: "wait for it; if it was broken off, run it again, or give --ignore-log")
  }
}

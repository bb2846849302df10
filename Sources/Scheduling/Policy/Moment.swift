import Store
import Vocabulary

/// Time that passes while the machine is awake: a clock that is set does not move it.
public typealias Moment = SuspendingClock.Instant

typealias StoredJobState = JobRecord.State

/// One moment by both clocks.
public struct Now: Equatable, Sendable {
  public let moment: Moment
  /// In seconds since 1970.
  public let wall: Int64

  public init(moment: Moment, wall: Int64) {
    self.moment = moment
    self.wall = wall
  }

  /// The time of day of another moment, as far as the clock is not set meanwhile.
  func wall(at other: Moment) -> Int64 { wall + Int64((other - moment) / .seconds(1)) }

  /// When a time that was written down comes: not later than after `longest`, however the clock was set since.
  func moment(at time: Int64, longest: Duration) -> Moment {
    moment + min(max(.seconds(time - wall), .zero), longest)
  }
}

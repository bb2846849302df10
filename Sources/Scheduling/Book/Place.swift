/// A session's place in the line: what a person put first, then roots of a higher priority, then by arrival.
struct Place: Comparable, Sendable {
  /// When a person put it first, in seconds since 1970; the latest wish counts most.
  var firstAt: Int64?
  var priority: Int
  /// In seconds since 1970.
  var arrivedAt: Int64
  /// Counts up: tells apart what arrived in one second.
  var number: Int

  static func < (left: Place, right: Place) -> Bool { left.key < right.key }

  private var key: (Int64, Int, Int64, Int) { (firstAt.map { -$0 } ?? .max, -priority, arrivedAt, number) }
}

/// A place in the line, and who has it.
struct LinedUp: Comparable, Sendable {
  let place: Place
  let directory: String

  static func < (left: LinedUp, right: LinedUp) -> Bool {
    left.place == right.place ? left.directory < right.directory : left.place < right.place
  }
}

/// When something is to be looked at again.
struct DueTime: Comparable, Sendable {
  let due: Moment
  let directory: String
  /// Which job; nil: the session as a whole.
  let job: Int?

  static func < (left: DueTime, right: DueTime) -> Bool {
    (left.due, left.directory, left.job ?? -1) < (right.due, right.directory, right.job ?? -1)
  }
}

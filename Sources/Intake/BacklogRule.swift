import Vocabulary

/// Which sessions of a root are taken, by when they were sorted.
public enum BacklogRule: Equatable, Sendable {
  /// Those sorted since the root was first watched: a moment in seconds since 1970.
  case since(firstWatched: Int64)
  /// Those sorted on that day or later: "YYYY-MM-DD".
  case from(day: String)
  case all

  /// Whether a session is left alone.
  ///
  /// A session that holds a result of ours was taken before, whatever its date.
  func leavesOut(_ inspection: Inspection) -> Backlog? {
    guard !inspection.jobs.contains(where: { $0.existing == .current || $0.existing == .stale }) else {
      return nil
    }
    let limit: String
    switch self {
    case .all: return nil
    case .from(let day): limit = day
    case .since(let firstWatched): limit = LocalTime.text(firstWatched)
    }
    guard let sorted = Self.sorted(inspection), sorted < limit else { return nil }
    return Backlog(sorted: sorted, limit: limit)
  }

  /// By its log; without one, when its .h5 was last changed.
  static func sorted(_ inspection: Inspection) -> String? {
    inspection.sorting?.completed
      ?? inspection.stamps[inspection.h5].map { LocalTime.text($0.modified / 1_000_000_000) }
  }
}

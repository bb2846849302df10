import Glibc
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
    guard !inspection.holdsOwnResults else { return nil }
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

extension Inspection {
  /// Whether the session holds a result of ours, of whatever data.
  var holdsOwnResults: Bool { jobs.contains { $0.existing == .current || $0.existing == .stale } }
}

/// Times as blech_clust writes them.
enum LocalTime {
  /// "YYYY-MM-DD HH:MM:SS" in this machine's zone.
  static func text(_ secondsSince1970: Int64) -> String {
    var time = time_t(secondsSince1970)
    var parts = unsafe tm()
    guard unsafe localtime_r(&time, &parts) != nil else { return "" }
    func digits(_ value: Int32, _ count: Int) -> String {
      let text = "\(value)"
      return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    let day = unsafe [digits(parts.tm_year + 1900, 4), digits(parts.tm_mon + 1, 2), digits(parts.tm_mday, 2)]
    let clock = unsafe [digits(parts.tm_hour, 2), digits(parts.tm_min, 2), digits(parts.tm_sec, 2)]
    return "\(day.joined(separator: "-")) \(clock.joined(separator: ":"))"
  }
}

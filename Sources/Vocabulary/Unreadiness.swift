/// Why a session cannot be worked on yet: what is missing may still come, without anybody mending anything.
public enum Unreadiness: String, Codable, CaseIterable, Sendable {
  /// It lacks something that every sorted session has: its one .h5, its .info, or, where no log says that it is
  /// sorted, spikes.
  case incomplete
  /// Its log does not say that the spikes were put together, or there is no log and there must be one.
  case notSorted
  /// A script that changes the spikes ran after they were last put together.
  case beingResorted
  /// Its log says that it is sorted, and it has no spikes: a recording of EMG alone, or one whose units are not
  /// chosen yet.
  case noSortedUnits
}

import Vocabulary

/// Changes that wait to be written. While they cannot be written it grows only with what there is: superseded records go,
/// and so do the oldest attempts.
struct Backlog {
  /// How much may wait.
  struct Bounds: Sendable {
    /// Sessions and jobs. Beyond them all are left out, and the whole queue is to be written anew.
    var records = 200_000
    /// Beginnings and ends of attempts.
    var attempts = 2000
    /// Of all the logs of attempts, in bytes.
    var logBytes = 8 << 20
    /// Changes that wait before it is looked what is superseded.
    var unsorted = 1000
  }

  let bounds: Bounds
  /// In the order in which they are to be written.
  private(set) var changes: [StoreChange] = []
  /// Beginnings and ends of attempts that were left out.
  private(set) var droppedAttempts = 0
  /// Whether sessions and jobs were left out: what waits is not enough any more.
  private(set) var lacksRecords = false
  private var sortedCount = 0

  init(_ bounds: Bounds = Bounds()) { self.bounds = bounds }

  mutating func add(_ more: [StoreChange]) {
    changes += lacksRecords ? more.filter { !$0.isOfQueue } : more
    if changes.count > max(bounds.unsorted, 2 * sortedCount) { condense() }
  }

  /// All that waits; nothing waits then.
  mutating func take() -> [StoreChange] {
    defer { (changes, sortedCount) = ([], 0) }
    return changes
  }

  /// Takes back what could not be written: it goes before all that has come since.
  mutating func putBack(_ earlier: [StoreChange]) {
    changes = earlier + changes
    condense()
  }

  /// A snapshot of the queue is about to be taken, after which all changes count again.
  mutating func beginsAnew() { lacksRecords = false }

  private mutating func condense() {
    var (queue, attempts) = changes.condensed()
    if queue.count > bounds.records { lacksRecords = true }
    if lacksRecords { queue.removeAll(where: \.isOfQueue) }
    let excess = max(0, attempts.count - bounds.attempts)
    droppedAttempts += excess
    attempts.removeFirst(excess)
    changes = queue + attempts.shorteningLogs(to: bounds.logBytes)
    sortedCount = changes.count
  }
}

extension StoreChange {
  /// Whether it is about a session or a job.
  fileprivate var isOfQueue: Bool {
    switch self {
    case .session, .job, .forgetSession, .forgetJob: true
    case .attemptBegan, .attemptEnded, .paused: false
    }
  }
}

/// Text that is the same only byte for byte: two file names that look alike are two.
private struct ExactText: Hashable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (one: Self, other: Self) -> Bool { one.text.utf8.elementsEqual(other.text.utf8) }
  func hash(into hasher: inout Hasher) { for byte in text.utf8 { hasher.combine(byte) } }
}

private struct JobKey: Hashable {
  let path: ExactText
  let region: ExactText
  let taste: Int64

  init(_ path: String, _ job: JobIdentity) {
    (self.path, region, taste) = (ExactText(path), ExactText(job.region), job.taste.number)
  }
}

extension [StoreChange] {
  /// What has the same effect with nothing that is superseded: first what is forgotten, then sessions, then jobs; and
  /// apart from them the attempts, whose order tells their age.
  fileprivate func condensed() -> (queue: [StoreChange], attempts: [StoreChange]) {
    var (forgotten, sessions, jobs): ([StoreChange], [StoreChange], [StoreChange]) = ([], [], [])
    var (paused, attempts): ([StoreChange], [StoreChange]) = ([], [])
    var (seenForgotten, seenSessions): (Set<ExactText>, Set<ExactText>) = ([], [])
    var (seenJobs, seenBegun, seenEnded): (Set<JobKey>, Set<Int64>, Set<Int64>) = ([], [], [])
    // The newest first: whatever is met again is superseded, and so is all of a session before it was forgotten.
    for change in reversed() {
      switch change {
      case .session(let record):
        let path = ExactText(record.path)
        if !seenForgotten.contains(path), seenSessions.insert(path).inserted { sessions.append(change) }
      case .forgetSession(let path):
        if seenForgotten.insert(ExactText(path)).inserted { forgotten.append(change) }
      case .job(let record):
        let key = JobKey(record.path, record.job)
        if !seenForgotten.contains(key.path), seenJobs.insert(key).inserted { jobs.append(change) }
      case .forgetJob(let path, let job):
        let key = JobKey(path, job)
        if !seenForgotten.contains(key.path), seenJobs.insert(key).inserted { jobs.append(change) }
      case .attemptBegan(let record):
        if seenBegun.insert(record.id).inserted { attempts.append(change) }
      case .attemptEnded(let end):
        if seenEnded.insert(end.id).inserted { attempts.append(change) }
      case .paused:
        if paused.isEmpty { paused = [change] }
      }
    }
    let queue = forgotten.reversed() + sessions.reversed() + jobs.reversed() + paused
    return (queue, attempts.reversed())
  }

  /// The latest logs within `limit` bytes; the others are left out.
  fileprivate func shorteningLogs(to limit: Int) -> [StoreChange] {
    var left = limit
    var shortened = self
    for index in indices.reversed() {
      guard case .attemptEnded(var end) = self[index] else { continue }
      left -= end.log.utf8.count
      guard left < 0 else { continue }
      end.log = ""
      shortened[index] = .attemptEnded(end)
    }
    return shortened
  }
}

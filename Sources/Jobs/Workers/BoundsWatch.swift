import Glibc
import Machine
import Synchronization
import Vocabulary

/// Watches over one worker, and remembers what it took and how it went beyond its bounds.
final class BoundsWatch: Sendable {
  /// Is told what the worker has taken and the memory that it has now, in bytes. Must not take long.
  typealias UseObserver = @Sendable (ResourceUse, _ memoryBytes: Int) -> Void

  private struct Seen {
    var breach: Breach?
    var use = ResourceUse()
    /// Since when the worker has been listened to without a word of it; nil while somebody ponders what it said.
    var silentSince: SuspendingClock.Instant?
  }

  private let bounds: WorkerBounds?
  private let group: WorkerGroup?
  private let startsOthers: Bool
  private let onUse: UseObserver
  private let seen: Mutex<Seen>

  /// How often memory is looked at, and told of.
  private static let (interval, reportInterval) = (Duration.milliseconds(200), Duration.seconds(1))

  /// - Parameter startsOthers: whether what the worker starts is counted with it. (What Swift starts to report a crash
  ///   is not: it takes more than a small worker may.)
  init(
    _ bounds: WorkerBounds?, group: WorkerGroup? = nil, startsOthers: Bool = false,
    onUse: @escaping UseObserver = { _, _ in }
  ) {
    self.bounds = bounds
    self.group = group
    self.startsOthers = startsOthers
    self.onUse = onUse
    seen = Mutex(Seen(silentSince: .now))
  }

  var breach: Breach? { seen.withLock { $0.breach } }
  var use: ResourceUse { seen.withLock { $0.use } }

  /// The worker has said something; what it said is not pondered at its expense.
  func heard(pondering: () async -> Void) async {
    seen.withLock { $0.silentSince = nil }
    await pondering()
    seen.withLock { $0.silentSince = .now }
  }

  /// The worker itself knows best.
  func told(_ use: ResourceUse) { seen.withLock { $0.use.raise(to: use) } }

  /// Waits until the process breaks a bound; whether it did before this task was cancelled.
  func waitForBreach(by process: pid_t) async -> Bool {
    let start = SuspendingClock.now
    let end = bounds.map { start + $0.wallTime }
    var nextReport = start + Self.reportInterval
    while !Task.isCancelled {
      let now = SuspendingClock.now
      let members = startsOthers ? ProcessTree.members(of: process) : [process]
      let resident = ProcessMemory.resident(of: members)
      if let resident { told(ResourceUse(peakMemoryBytes: resident)) }
      if let breach = breach(at: now, start: start, resident: resident) {
        seen.withLock { $0.breach = breach }
        return true
      }
      if let resident, now >= nextReport {
        nextReport = now + Self.reportInterval
        told(ResourceUse(cpuSeconds: cpuSeconds(of: members)))
        onUse(use, resident)
      }
      let next = now + Self.interval
      try? await SuspendingClock().sleep(until: end.map { min($0, next) } ?? next)
    }
    return false
  }

  /// What can still be known of a process that has ended and whose status nobody has asked for.
  func lookLast(at process: pid_t) { told(ResourceUse(cpuSeconds: cpuSeconds(of: [process]))) }

  /// The group knows of processes that are gone as well. Its memory is not asked for: the pages of files that were read
  /// count there, too, which says nothing of what a worker needs.
  private func cpuSeconds(of processes: [pid_t]) -> Double? {
    [ProcessTime.cpuSeconds(of: processes), group?.cpuSeconds].compactMap(\.self).max()
  }

  private func breach(
    at now: SuspendingClock.Instant, start: SuspendingClock.Instant, resident: Int?
  ) -> Breach? {
    guard let bounds else { return nil }
    if now >= start + bounds.wallTime { return .wallTime(bounds.wallTime) }
    if let resident, resident > bounds.memory { return .memory(resident, bound: bounds.memory) }
    if let silence = bounds.silence, let since = seen.withLock({ $0.silentSince }), now >= since + silence {
      return .silence(silence)
    }
    return nil
  }
}

extension ResourceUse {
  /// Nothing that was taken is given back.
  mutating func raise(to other: ResourceUse) {
    cpuSeconds = [cpuSeconds, other.cpuSeconds].compactMap(\.self).max()
    peakMemoryBytes = [peakMemoryBytes, other.peakMemoryBytes].compactMap(\.self).max()
  }
}

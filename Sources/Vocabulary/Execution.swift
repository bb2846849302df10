/// How one run of a worker ended.
public enum ExitReason: String, Codable, CaseIterable, Sendable {
  /// With a result.
  case finished
  /// With an error of its own, which says why.
  case failed
  /// Ended because its memory went beyond what it may take.
  case outOfMemory
  /// Ended because it ran longer than it may.
  case wallTime
  /// Ended because it had not said anything for too long.
  case silent
  /// Ended because nobody wants its result any more.
  case cancelled
  /// Ended by a signal that somebody else sent.
  case killed
  /// Ended by a signal that only its own defects raise.
  case crashed
  /// Nothing is known of its end: the daemon, or the machine, stopped before it.
  case lost
  /// It could not be started.
  case notStarted
}

/// What one run of a worker took of the machine.
public struct ResourceUse: Codable, Equatable, Sendable {
  /// Processor time, in seconds; nil where it is not known.
  public var cpuSeconds: Double?
  /// The most memory that it had at any time, in bytes; nil where it is not known.
  public var peakMemoryBytes: Int?

  public init(cpuSeconds: Double? = nil, peakMemoryBytes: Int? = nil) {
    self.cpuSeconds = cpuSeconds
    self.peakMemoryBytes = peakMemoryBytes
  }
}

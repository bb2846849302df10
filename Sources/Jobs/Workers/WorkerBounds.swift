import Vocabulary
import WorkerProtocol

/// What one run of a worker may take. A worker that takes more is ended, unless it writes to a session
/// (`WorkerRequest.Task.mustFinish`): that is left to finish.
public struct WorkerBounds: Equatable, Sendable {
  /// From its start to its end; time that the machine sleeps does not count.
  public var wallTime: Duration
  /// Resident memory, in bytes.
  public var memory: Int
  /// How long it may say nothing before it counts as hung; nil: as long as it likes.
  public var silence: Duration?

  public init(wallTime: Duration, memory: Int, silence: Duration? = nil) {
    self.wallTime = wallTime
    self.memory = memory
    self.silence = silence
  }

  /// The most that the worker asks the system for, in bytes: the parent looks some times a second, and this stops what
  /// happens in between. Twice the bound, as not all memory that is asked for is used.
  var data: Int {
    let (twice, overflow) = memory.multipliedReportingOverflow(by: 2)
    return overflow ? memory : twice
  }
}

extension WorkerRequest.Task {
  /// Whether it changes a session's files: it runs to its end, whatever it takes and whoever loses interest in it.
  public var mustFinish: Bool {
    switch self {
    case .commit, .recover: true
    case .inspect, .infer, .demo, .bench, .probe, .notify: false
    }
  }

  /// Whether its worker runs other programs.
  var startsOthers: Bool {
    if case .notify = self { true } else { false }
  }
}

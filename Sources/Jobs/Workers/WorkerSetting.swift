import Machine
import WorkerProtocol

/// Where one run of a worker takes place, and what it holds itself to besides its bounds.
public struct WorkerSetting: Sendable {
  /// Its `data` and `controlGroup` are filled in from the bounds and from `group`.
  public var limits: WorkerLimits
  /// Made for this run. Whoever made it removes it.
  public var group: WorkerGroup?

  public init(limits: WorkerLimits = WorkerLimits(), group: WorkerGroup? = nil) {
    self.limits = limits
    self.group = group
  }

  /// Those that there always are included: a person's worker leaves no core file either.
  func limits(within bounds: WorkerBounds?) -> WorkerLimits {
    var limits = limits
    limits.data = bounds?.data
    limits.controlGroup = group?.path
    return limits
  }
}

/// What a worker sets for itself before it opens any file; nil leaves that as it is. Whatever it starts inherits it. It
/// leaves no core file either, which would hold a session's data.
public struct WorkerLimits: Codable, Equatable, Sendable {
  /// How the disk serves it beside others.
  public enum IOClass: String, Codable, Sendable {
    /// When nobody else wants the disk.
    case idle
    /// As the last of the usual ones.
    case bestEffort
  }

  /// The directory of a control group that it joins before all else. One that cannot be joined is a failure: nothing
  /// else would hold it.
  public var controlGroup: String?
  /// Bytes of memory that it may ask the system for, all its threads' stacks included (`RLIMIT_DATA`). It holds for
  /// each process of its own, not for all of them together.
  public var data: Int?
  /// How many files it may have open (`RLIMIT_NOFILE`).
  public var openFiles: Int?
  /// 0 (as everybody) to 19 (last of all). One that is higher already stays.
  public var nice: Int?
  public var ioClass: IOClass?
  /// Numbers of the processors that it may run on.
  public var processors: [Int]?

  public init(
    controlGroup: String? = nil, data: Int? = nil, openFiles: Int? = nil, nice: Int? = nil,
    ioClass: IOClass? = nil, processors: [Int]? = nil
  ) {
    self.controlGroup = controlGroup
    self.data = data
    self.openFiles = openFiles
    self.nice = nice
    self.ioClass = ioClass
    self.processors = processors
  }
}

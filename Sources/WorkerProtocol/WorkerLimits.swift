/// What a worker holds itself to, in the order in which it sets it; nil leaves that as it is. It leaves no core file
/// either, which would hold a session's data.
public struct WorkerLimits: Codable, Equatable, Sendable {
  public enum IOClass: String, Codable, CaseIterable, Sendable {
    /// Served when nobody else wants the disk.
    case idle
    /// Served as everybody else, after those of higher priority.
    case bestEffort
  }

  /// Directory of the control group that it joins first. A worker that cannot do so does not work.
  public var controlGroup: String?
  /// Bytes of memory that it may ask the system for, all its threads' stacks included (`RLIMIT_DATA`).
  public var data: Int?
  /// Files that it may have open at once (`RLIMIT_NOFILE`).
  public var openFiles: Int?
  /// 0 (as everybody) to 19 (last of all). One that is nicer already stays so.
  public var nice: Int?
  public var ioClass: IOClass?
  /// Numbers of the processors that it runs on.
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

import CLinux
import Glibc
import Machine
import Vocabulary
import WorkerProtocol

extension WorkerLimits {
  /// Sets them for this process, before it has a second thread. A system that allows less already is left as it is;
  /// how it shares its processors and disks out is only asked for.
  func apply() throws(Failure) {
    // First, so that all that follows is counted there.
    if let controlGroup { try Self.join(controlGroup) }
    if let data { try Self.lower(RLIMIT_DATA, to: data) }
    if let openFiles { try Self.lower(RLIMIT_NOFILE, to: openFiles) }
    try Self.lower(RLIMIT_CORE, to: 0)
    if let nice { Self.raiseNice(to: nice) }
    if let ioClass { Self.setIOClass(ioClass) }
    if let processors { Processors.allowOnly(processors) }
  }

  private static func join(_ group: String) throws(Failure) {
    do throws(ControlGroupObstacle) {
      try WorkerGroup.join(group)
    } catch {
      throw Failure(.temporary, "blechd-worker", "cannot be limited: \(error)", remedy: "try again")
    }
  }

  private static func lower(_ resource: __rlimit_resource, to value: Int) throws(Failure) {
    var limit = rlimit()
    let value = rlim_t(max(value, 0))
    let number = __rlimit_resource_t(resource.rawValue)
    guard unsafe getrlimit(number, &limit) == 0 else { throw failure() }
    limit.rlim_max = min(limit.rlim_max, value)
    limit.rlim_cur = min(limit.rlim_cur, value)
    guard unsafe setrlimit(number, &limit) == 0 else { throw failure() }
  }

  private static func raiseNice(to value: Int) {
    let wanted = Int32(clamping: min(value, 19))
    let own = __priority_which_t(PRIO_PROCESS.rawValue)
    if wanted > getpriority(own, 0) { _ = setpriority(own, 0, wanted) }
  }

  private static func setIOClass(_ ioClass: IOClass) {
    // Of the eight levels of best effort the last. Disk schedulers without classes know neither.
    _ =
      switch ioClass {
      case .idle: clinux_set_io_priority(clinux_io_idle, 0)
      case .bestEffort: clinux_set_io_priority(clinux_io_best_effort, 7)
      }
  }

  private static func failure() -> Failure {
    Failure(
      .internalError, "blechd-worker", "cannot limit itself: error \(errno) of setrlimit",
      remedy: "please report this")
  }
}

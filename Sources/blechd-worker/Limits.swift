import CLinux
import FileAccess
import Glibc
import Vocabulary
import WorkerProtocol

extension WorkerLimits {
  /// Sets them for this process, which has one thread and no file open yet: most of them hold for the calling thread and
  /// those that it makes. A system that allows less already is left as it is.
  ///
  /// - Throws: where it cannot be held to what keeps the machine usable. What only makes it kinder to others is
  ///   refused in some containers, and does not keep it from its work.
  func apply() throws(Failure) {
    if let controlGroup { try Self.join(controlGroup) }
    if let data { try Self.lower(RLIMIT_DATA, to: rlim_t(max(data, 0))) }
    if let openFiles { try Self.lower(RLIMIT_NOFILE, to: rlim_t(max(openFiles, 0))) }
    try Self.lower(RLIMIT_CORE, to: 0)
    if let nice { Self.raiseNice(to: nice) }
    if let ioClass { Self.set(ioClass) }
    if let processors { Self.set(processors: processors) }
  }

  /// First of all: what was taken before would count for the parent's group.
  private static func join(_ group: String) throws(Failure) {
    let path = group + "/cgroup.procs"
    let file = retried { open(path, O_WRONLY | O_CLOEXEC) }
    let text = Array("\(getpid())\n".utf8)
    let isJoined = file >= 0 && retried { write(file, text, text.count) } == text.count
    let number = errno
    if file >= 0 { close(file) }
    guard isJoined else {
      throw Failure(
        .internalError, path, "cannot be joined by blechd-worker: \(String(cString: strerror(number)))",
        remedy: "restart blechd, which makes its groups anew")
    }
  }

  private static func lower(_ resource: __rlimit_resource, to value: rlim_t) throws(Failure) {
    var limit = rlimit()
    let number = __rlimit_resource_t(resource.rawValue)
    guard unsafe getrlimit(number, &limit) == 0 else { throw failure() }
    limit.rlim_max = min(limit.rlim_max, value)
    limit.rlim_cur = min(limit.rlim_cur, value)
    guard unsafe setrlimit(number, &limit) == 0 else { throw failure() }
  }

  private static func failure() -> Failure {
    Failure(
      .internalError, "blechd-worker", "cannot limit itself: error \(errno) of setrlimit",
      remedy: "please report this")
  }

  private static func raiseNice(to value: Int) {
    let process = __priority_which_t(PRIO_PROCESS.rawValue)
    guard getpriority(process, 0) < value else { return }
    setpriority(process, 0, Int32(clamping: value))
  }

  /// The lowest of the class's levels.
  private static let lowestLevel: Int32 = 7

  private static func set(_ ioClass: IOClass) {
    switch ioClass {
    case .idle: _ = clinux_set_io_priority(clinux_io_idle, 0)
    case .bestEffort: _ = clinux_set_io_priority(clinux_io_best_effort, lowestLevel)
    }
  }

  private static func set(processors: [Int]) {
    guard let last = processors.max(), (0..<1 << 16).contains(last) else { return }
    var mask = [UInt8](repeating: 0, count: (last / 64 + 1) * 8)
    for processor in processors where processor >= 0 { mask[processor / 8] |= 1 << (processor % 8) }
    _ = clinux_set_processors(&mask, mask.count)
  }
}

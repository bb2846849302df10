import Glibc
import Vocabulary
import WorkerProtocol

extension WorkerLimits {
  /// Sets them for this process. A system that allows less already is left as it is.
  func apply() throws(Failure) {
    try Self.lower(RLIMIT_DATA, to: rlim_t(max(data, 0)))
    try Self.lower(RLIMIT_CORE, to: 0)
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
}

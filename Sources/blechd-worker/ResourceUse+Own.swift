import Glibc
import Machine
import Vocabulary

extension ResourceUse {
  /// What this process, and the children that it has waited for, have taken so far.
  static var ofThisProcess: ResourceUse {
    var (own, children) = (rusage(), rusage())
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &own)
    getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &children)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    // The kernel counts in KiB.
    let peak = max(ProcessMemory.ownPeak ?? own.ru_maxrss * 1024, children.ru_maxrss * 1024)
    return ResourceUse(
      cpuSeconds: [own.ru_utime, own.ru_stime, children.ru_utime, children.ru_stime].map(seconds).reduce(
        0, +),
      peakMemoryBytes: peak)
  }
}

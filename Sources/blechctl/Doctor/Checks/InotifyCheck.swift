import FoundationEssentials
import Vocabulary
import Watching

/// What the kernel lets one user watch, against what is to be watched.
struct InotifyCheck {
  struct Limits: Equatable {
    var watches: Int
    var instances: Int
    var queuedEvents: Int

    private static let directory = "/proc/sys/fs/inotify"

    /// Those of this machine, or nil where the kernel has no inotify.
    static func ofThisMachine() -> Limits? {
      func number(_ name: String) -> Int? {
        (try? String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8)).flatMap {
          Int($0.filter(\.isNumber))
        }
      }
      guard let watches = number("max_user_watches"), let instances = number("max_user_instances"),
        let events = number("max_queued_events")
      else { return nil }
      return Limits(watches: watches, instances: instances, queuedEvents: events)
    }
  }

  /// In all roots, of those that inotify watches.
  let directories: Int
  /// As many instances are needed as there are file systems.
  let trees: Int

  /// The kernel's own default.
  private static let usualQueue = 16_384

  func lines(_ limits: Limits?) -> [DoctorLine] {
    guard let limits else {
      return [
        DoctorLine(
          .inotify, "fs.inotify", "this kernel has no inotify: everything is polled",
          .warning(mend: ["use a kernel with CONFIG_INOTIFY_USER=y"]))
      ]
    }
    return [
      line(
        "max_user_watches", limits.watches, needed: directories, of: "directories",
        advised: WatchProblem.advisedWatches(for: directories)),
      line(
        "max_user_instances", limits.instances, needed: trees, of: "file systems",
        advised: max(WatchProblem.advisedInstances, 2 * trees)),
      queue(limits.queuedEvents),
    ]
  }

  private func line(
    _ name: String, _ limit: Int, needed: Int, of what: String, advised: Int
  ) -> DoctorLine {
    let fact = "\(limit), for \(needed) \(what)"
    // Other programs of the same user take from the same limit.
    guard needed > limit / 4 * 3 + limit % 4 * 3 / 4 else {
      return DoctorLine(.inotify, "fs.inotify.\(name)", fact)
    }
    return DoctorLine(
      .inotify, "fs.inotify.\(name)", fact + (needed > limit ? ": too few" : ": more than three quarters"),
      .warning(mend: Self.raise(name, to: advised)))
  }

  private func queue(_ limit: Int) -> DoctorLine {
    let subject = "fs.inotify.max_queued_events"
    guard limit < Self.usualQueue else { return DoctorLine(.inotify, subject, "\(limit)") }
    return DoctorLine(
      .inotify, subject, "\(limit), less than the usual \(Self.usualQueue): events may be lost",
      .warning(mend: Self.raise("max_queued_events", to: WatchProblem.advisedQueue)))
  }

  /// At once, and after the next start.
  static func raise(_ name: String, to limit: Int) -> [String] {
    [
      "sudo sysctl -w fs.inotify.\(name)=\(limit)",
      "echo fs.inotify.\(name)=\(limit) | sudo tee -a /etc/sysctl.d/90-blechd.conf",
    ]
  }
}

import SystemPackage
import Testing
import Vocabulary

@testable import Watching

/// A tree that watches `/data` of a made-up kernel, in made-up time.
final class WatchedWorld {
  let kernel = FakeKernel()
  private(set) var now = Moment.now
  private let start: Moment
  private(set) var tree: WatchedTree!
  /// Everything that was reported, with the seconds after the start.
  private(set) var reports: [(seconds: Double, report: DirectoryReport)] = []

  static let settle = 10.0

  /// Sessions as a lab has them: an .h5 and an .info make one, and a log changes it.
  static let policy = DirectoryPolicy(
    isRelevant: { !$0.isHidden && ($0.hasSuffix(".h5") || $0.hasSuffix(".info") || $0 == "log.json") },
    kind: { names in
      guard names.contains(where: { $0.hasSuffix(".h5") }) else { return .ordinary }
      return names.contains { $0.hasSuffix(".info") } ? .terminal : .reported
    })

  init(
    _ root: WatchRoot = WatchRoot(path: "/data"), mounts: MountTable = WatchedWorld.oneDisk,
    change: (inout WatchSettings) -> Void = { _ in }
  ) {
    start = now
    var settings = WatchSettings(settle: .seconds(Self.settle))
    change(&settings)
    kernel.makeDirectory("/data")
    kernel.passTime = { [unowned self] in now += .seconds($0) }
    tree = WatchedTree(
      root, policy: Self.policy, settings: settings, mounts: mounts, calls: kernel,
      clock: { [unowned self] in now },
      report: { [unowned self] in reports.append((seconds, $0)) })
  }

  static let oneDisk = MountTable([Mount(id: 1, point: "/", type: "ext4")])

  var seconds: Double { (now - start) / .seconds(1) }

  /// Lets time go by, and the tree do what is due.
  func run(for duration: Double) {
    let end = now + .seconds(duration)
    var steps = 0
    while true {
      tree.step()
      steps += 1
      if steps > 100_000 {
        Issue.record("it works without an end")
        return
      }
      // An event ends its wait.
      if kernel.hasEvents { continue }
      guard let next = tree.nextStep, next <= end else { break }
      now = max(now, next)
    }
    now = end
  }

  /// Time goes by, and the process does not run.
  func stall(for duration: Double) { now += .seconds(duration) }

  /// Paths that are settled now, sorted.
  var settled: [String] {
    latest.compactMap { if case .settled = $0.value { $0.key } else { nil } }.sorted()
  }

  /// Paths that are changing now, sorted.
  var changing: [String] {
    latest.compactMap { if case .changing = $0.value { $0.key } else { nil } }.sorted()
  }

  private var latest: [String: DirectoryReport.State] {
    reports.reduce(into: [:]) { $0[$1.report.path.string] = $1.report.state }
  }

  /// When, in seconds after the start, that path was reported as settled.
  func settledAt(_ path: String) -> [Double] {
    reports.compactMap { entry in
      guard entry.report.path.string == path, case .settled = entry.report.state else { return nil }
      return (entry.seconds * 10).rounded() / 10
    }
  }

  func writeSession(_ path: FilePath) {
    kernel.makeDirectory(path)
    for file in ["s.h5", "s.info", "log.json"] { kernel.write(path.appending(file)) }
  }
}

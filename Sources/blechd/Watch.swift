import Configuration
import FileAccess
import Intake
import Jobs
import Logging
import SystemPackage
import Vocabulary
import Watching

/// One configuration at work: a watcher, and the intake that takes its reports.
struct Watch: Sendable {
  let configuration: Configuration
  let watcher: Watcher
  let intake: Intake
  let inspector: Inspector
  let roots: [IntakeRoot]
  let template: SessionSource

  /// - Parameters:
  ///   - firstWatched: of each root, in seconds since 1970.
  ///   - queued: what is queued already, by path.
  ///   - onChange: is called whenever there is something new to report.
  init(
    _ configuration: Configuration, firstWatched: [Int64], queued: [FilePath: QueuedWork],
    worker: WorkerProcess, log: Logger,
    onChange: @escaping @Sendable () -> Void
  ) throws(Failure) {
    self.configuration = configuration
    roots = zip(configuration.watch, firstWatched).map(IntakeRoot.init)
    template = SessionSource(configuration, directory: "")
    do throws(Errno) {
      watcher = try Watcher(
        configuration.watch.map { WatchRoot($0) }, policy: SessionPolicy.directories,
        settings: WatchSettings(settle: configuration.settle))
    } catch {
      throw Failure(.temporary, "blechd", "cannot watch: \(error)", remedy: "see that it may open more files")
    }
    // Nothing is changed as long as nothing is run.
    let inspector = Inspector(
      worker: worker, memoryMB: configuration.limits.memoryPerJobMB, recovers: false, log: log)
    self.inspector = inspector
    intake = Intake(
      roots: roots, template: template, memory: queued, inspect: { await inspector.inspect($0, stamps: $1) },
      recheck: { [watcher] in watcher.recheck($0) },
      onEvent: {
        Decision($0).log(to: log)
        onChange()
      })
  }

  func start() throws(Failure) {
    do throws(Errno) {
      try watcher.start()
    } catch {
      throw Failure(
        .temporary, "blechd", "cannot watch: \(error)", remedy: "see that it may have more threads")
    }
  }

  /// Passes on what the watcher reports, until it is stopped.
  func run(onChange: () -> Void) async {
    var wasScanned = false
    for await _ in watcher.signals {
      let isScanned = isScanned
      await intake.take(watcher.takeReports())
      if isScanned, !wasScanned {
        wasScanned = true
        await intake.withdrawUnseen()
      }
      onChange()
    }
  }

  /// Whether everything that can be looked at has been.
  var isScanned: Bool {
    watcher.status.flatMap(\.trees).allSatisfy { tree in
      tree.isScanned || tree.problems.contains { ["missing", "unmounted", "hangs"].contains($0.kind) }
    }
  }
}

import Configuration
import FileAccess
import Intake
import Jobs
import Logging
import Scheduling
import SystemPackage
import Vocabulary
import Watching
import WorkerProtocol

/// One configuration at work: a watcher, and the intake that takes its reports.
struct Watch: Sendable {
  let configuration: Configuration
  let watcher: Watcher
  let intake: Intake
  let inspector: Inspector
  let roots: [IntakeRoot]
  let template: SessionSource
  private let parts: Parts

  /// - Parameters:
  ///   - firstWatched: of each root, in seconds since 1970.
  ///   - earlier: what is known from before.
  ///   - onEvent: is called in order, and must not take long.
  ///   - onChange: is called whenever there is something new to report.
  init(
    _ configuration: Configuration, firstWatched: [Int64], earlier: Earlier, parts: Parts,
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
    let inspector = Inspector(
      executor: parts.executor, memoryMB: configuration.limits.memoryPerJobMB, recovers: parts.inbox != nil,
      log: parts.log, recall: parts.recall, remember: parts.remember)
    self.inspector = inspector
    self.parts = parts
    intake = Intake(
      roots: roots, template: template, memory: earlier.queued, requests: earlier.requests,
      backlogRequests: earlier.backlogRequests, inspect: { await inspector.inspect($0, stamps: $1) },
      recheck: { [watcher] in watcher.recheck($0) },
      onEvent: {
        Decision($0, runsJobs: parts.inbox != nil).log(to: parts.log)
        parts.inbox?.put($0)
        onChange()
      })
  }

  /// What one configuration leaves to the next, and one run of the daemon to the next.
  struct Earlier: Sendable {
    /// What is queued, by path.
    var queued: [FilePath: QueuedWork] = [:]
    /// What people have asked for, by path.
    var requests: [FilePath: SessionRequest] = [:]
    var backlogRequests: [BacklogRequest] = []
  }

  /// What every configuration uses.
  struct Parts: Sendable {
    /// Runs what reads sessions.
    let executor: LocalExecutor
    /// What earlier inspections have found.
    var recall: InspectionMemory.Recall = { _, _ in nil }
    var remember: InspectionMemory.Remember = { _, _ in }
    /// Where work is handed over; nil where none is done.
    let inbox: WorkInbox?
    let log: Logger
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
        await tellWhatIsThere()
      }
      onChange()
    }
  }

  /// What lies in a place that is away for a while is not gone.
  private func tellWhatIsThere() async {
    guard let inbox = parts.inbox, watcher.status.flatMap(\.trees).allSatisfy(\.isScanned) else { return }
    inbox.put(.everythingSeen(Set(await intake.sessions.map(\.path.string))))
  }

  /// Whether everything that can be looked at has been.
  var isScanned: Bool {
    watcher.status.flatMap(\.trees).allSatisfy { tree in
      tree.isScanned || tree.problems.contains { ["missing", "unmounted", "hangs"].contains($0.kind) }
    }
  }
}

extension WorkInbox {
  /// What an intake's event means for the work.
  func put(_ event: Intake.Event) {
    switch event {
    case .enqueue(_, let work):
      put(
        .enqueue(
          Work(
            source: work.source, inspection: work.inspection, jobs: work.jobs, retrains: work.retrains,
            priority: work.priority)))
    case .withdraw(let path): put(.withdraw(directory: path.string))
    case .prioritise(let path, let priority): put(.prioritise(directory: path.string, priority))
    case .requested(let path, let request): put(.requested(directory: path.string, request))
    case .decided(let path, .done): put(.nothingToDo(directory: path.string))
    case .decided, .progress: break
    }
  }
}

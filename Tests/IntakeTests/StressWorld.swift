import FileAccess
import FoundationEssentials
import Synchronization
import SystemPackage
import TestSupport
import Vocabulary
import Watching

@testable import Intake

/// A watched folder whose sessions are small text files, and everything that the intake decides about them.
final class StressWorld: Sendable {
  struct Journal {
    /// Fingerprints that are queued now, by path.
    var queued: [String: [String]] = [:]
    var queuedEver = 0
    /// What must not happen, in words.
    var wrongs: [String] = []
  }

  let root: String
  let settle: Duration
  let watcher: Watcher
  let intake: Intake
  let journal: Arc

  final class Arc: Sendable {
    let content = Mutex(Journal())
  }

  init(root: String, settle: Duration) throws {
    self.root = root
    self.settle = settle
    let journal = Arc()
    self.journal = journal
    let watcher = try Watcher(
      [WatchRoot(path: FilePath(root))], policy: SessionPolicy.directories,
      settings: WatchSettings(settle: settle))
    self.watcher = watcher
    intake = Intake(
      roots: [IntakeRoot(backlog: .all)], template: SessionSource(directory: ""),
      inspect: { source, _ in Self.inspect(source.directory) }, recheck: { watcher.recheck($0) },
      onEvent: { event in journal.content.withLock { Self.note(event, settle, &$0) } })
  }

  private static func note(_ event: Intake.Event, _ settle: Duration, _ journal: inout Journal) {
    switch event {
    case .decided, .progress, .requested: break
    case .withdraw(let path): journal.queued[path.string] = nil
    case .enqueue(let path, let work):
      let prints = work.jobs.map(\.fingerprint)
      if journal.queued[path.string] == prints { journal.wrongs.append("\(path): queued twice") }
      journal.queued[path.string] = prints
      journal.queuedEver += 1
      let newest = work.inspection.stamps.values.map(\.modified).max() ?? 0
      let age = Double(Int64(Date.now.timeIntervalSince1970 * 1e9) - newest) / 1e9
      // The clock of files ticks every few milliseconds.
      if age < settle / .seconds(1) - 0.02 { journal.wrongs.append("\(path): queued after \(age) s") }
    }
  }

  func run(_ body: @escaping @Sendable () async throws -> Void) async throws {
    try watcher.start()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { [self] in
        for await _ in watcher.signals { await intake.take(watcher.takeReports()) }
      }
      group.addTask { [self] in
        defer { Task { await watcher.stop() } }
        try await body()
      }
      try await group.waitForAll()
    }
    await intake.stop()
  }

  /// Reads a session as a worker would: its stamps before and after, what it lacks, a fingerprint of its content.
  static func inspect(_ path: String) -> InspectionOutcome {
    func unready(_ why: Unreadiness) -> InspectionOutcome {
      .failed(Failure(.temporary, path, "is not ready", remedy: "", unreadiness: why))
    }
    guard let before = stamps(path), before["s.h5"] != nil, before["s.info"] != nil else {
      return unready(.incomplete)
    }
    guard let log = text("\(path)/execution_log.json"), log.hasSuffix("done") else {
      return unready(.notSorted)
    }
    guard let content = text("\(path)/s.h5"), stamps(path) == before else {
      return .failed(Failure(.temporary, path, "keeps changing", remedy: ""))
    }
    let job = PlannedJob(
      identity: JobIdentity(region: "all", taste: .index(0)), digIns: [], tasteName: "", unitRows: [],
      trialsPerTaste: [],
      laserTrials: 0, fingerprint: content, existing: .none)
    return .inspected(
      Inspection(
        name: "s", h5: "s.h5", stamps: before, parameters: .default, stimulus: 0, jobs: [job], notices: []))
  }

  private static func stamps(_ path: String) -> SessionStamps? {
    guard let directory = try? OpenDirectory(at: path) else { return nil }
    var stamps: SessionStamps = [:]
    for name in ["s.h5", "s.info", "execution_log.json"] { stamps[name] = try? directory.stamp(of: name) }
    return stamps
  }

  static func text(_ path: String) -> String? {
    (try? Data(contentsOf: URL(filePath: path))).map { String(decoding: $0, as: UTF8.self) }
  }

  /// What is on the disk in the end: the fingerprint of every session that is ready, by path.
  func walk() -> [String: [String]] {
    var found: [String: [String]] = [:]
    var directories = [root]
    while let directory = directories.popLast() {
      if directory != root, case .inspected(let inspection) = Self.inspect(directory) {
        found[directory] = inspection.jobs.map(\.fingerprint)
      }
      let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
      // Nothing below a session is looked for.
      if directory != root, names.contains("s.h5"), names.contains("s.info") { continue }
      for name in names where !name.hasPrefix(".") {
        var isDirectory = false
        let path = "\(directory)/\(name)"
        if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory {
          directories.append(path)
        }
      }
    }
    return found
  }
}

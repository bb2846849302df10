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
    /// What the intake says is asked for, by path.
    var requests: [String: SessionRequest] = [:]
    /// How often the same work may be queued again, as a person has asked.
    var again: [String: Int] = [:]
    var asked = 0
    /// What must not happen, in words.
    var wrongs: [String] = []
  }

  let root: String
  let settle: Duration
  let watcher: Watcher
  let intake: Intake
  let journal: Arc

  /// Sessions whose log says that they are old are of the backlog.
  private static let firstDay = "2026-01-01"

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
      roots: [IntakeRoot(backlog: .from(day: Self.firstDay))], template: SessionSource(directory: ""),
      inspect: { source, _ in Self.inspect(source.directory) }, recheck: { watcher.recheck($0) },
      onEvent: { event in journal.content.withLock { Self.note(event, settle, &$0) } })
  }

  private static func note(_ event: Intake.Event, _ settle: Duration, _ journal: inout Journal) {
    switch event {
    case .decided, .progress, .prioritise: break
    case .requested(let path, let request): journal.requests[path.string] = request
    case .withdraw(let path):
      if journal.queued.removeValue(forKey: path.string) == nil {
        journal.wrongs.append("\(path): taken back, and was not queued")
      }
    case .enqueue(let path, let work):
      let prints = work.jobs.map(\.fingerprint)
      if journal.queued[path.string] == prints {
        journal.again[path.string, default: 0] -= 1
        if journal.again[path.string]! < 0 { journal.wrongs.append("\(path): queued twice") }
      }
      journal.queued[path.string] = prints
      journal.queuedEver += 1
      let newest = work.inspection.stamps.values.map(\.modified).max() ?? 0
      let age = Double(Int64(Date.now.timeIntervalSince1970 * 1e9) - newest) / 1e9
      // The clock of files ticks every few milliseconds.
      if age < settle / .seconds(1) - 0.02 { journal.wrongs.append("\(path): queued after \(age) s") }
    }
  }

  /// Asks for a session, or throws away what is queued of it.
  func ask(_ path: String, _ numbers: inout SeededNumbers) async {
    if Int.random(in: 0..<10, using: &numbers) == 0 {
      // What the intake says meanwhile it says of a queue that has lost the session already.
      await intake.reconsider(FilePath(path)) { self.journal.content.withLock { $0.queued[path] = nil } }
      return
    }
    let request = [SessionRequest.retry, .retrain, .process].randomElement(using: &numbers)!
    if request != .process { journal.content.withLock { $0.again[path, default: 0] += 1 } }
    switch await intake.ask(request, of: FilePath(path)) {
    case .unknown, .notYet:
      if request != .process { journal.content.withLock { $0.again[path, default: 0] -= 1 } }
    case .accepted(let standing):
      journal.content.withLock {
        $0.asked += 1
        // The other path has the request.
        if case .sameAs(let other) = standing, request != .process { $0.again[other.string, default: 0] += 1 }
      }
    }
  }

  /// Requests that should be over: those of sessions that could be inspected.
  func unanswered(_ ready: [String: [String]]) -> [String] {
    journal.content.withLock { $0.requests }.filter { $1 != .process && ready[$0] != nil }.map(\.key)
  }

  /// The same, with where the intake has each of them.
  func unansweredWithStandings(_ ready: [String: [String]]) async -> [String] {
    var lines: [String] = []
    for path in unanswered(ready) {
      let session = await intake.session(at: FilePath(path))
      lines.append(
        "\(path): \(session.map { "\($0.standing), asked \(String(describing: $0.request))" } ?? "unknown"), "
          + "in the journal \(String(describing: journal.content.withLock { $0.requests[path] }))")
    }
    return lines
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
        name: "s", h5: "s.h5", stamps: before,
        sorting: SortingEvidence(script: "", completed: log == "old: done" ? "2025-06-01" : "2026-06-01"),
        parameters: .default, stimulus: 0, jobs: [job], notices: []))
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

  /// What is to be queued in the end: the fingerprint of every session that is ready, and is not of the backlog or was
  /// asked for, by path.
  func expected() -> [String: [String]] {
    let requests = journal.content.withLock { $0.requests }
    return walk().filter { path, _ in
      Self.text("\(path)/execution_log.json") != "old: done" || requests[path] == .process
    }
  }

  /// How each session stands that is in one of both and not in the other.
  func differences(_ queued: [String: [String]], _ expected: [String: [String]]) async -> [String] {
    var found: [String] = []
    for path in Set(queued.keys).symmetricDifference(expected.keys).sorted() {
      let session = await intake.session(at: FilePath(path))
      found.append(
        "\(path): \(session.map { "\($0.standing), asked for \(String(describing: $0.request))" } ?? "unknown"); "
          + "on the disk \(Self.inspect(path))")
    }
    return found
  }

  /// What is on the disk: the fingerprint of every session that is ready, by path.
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

extension Intake {
  /// Reconsiders a session that the queue has lost at this moment.
  fileprivate func reconsider(_ path: FilePath, losing: () -> Void) {
    losing()
    reconsider(path)
  }
}

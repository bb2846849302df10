import Foundation
import Reporting
import Subprocess
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// A real `blechd` that watches `data` below a scratch directory.
final class RunningDaemon: Sendable {
  let scratch: Scratch
  private let lines = Mutex<[String]>([])
  private let process = Mutex<ProcessIdentifier?>(nil)

  private let runsJobs: Bool

  private init(_ scratch: Scratch, runsJobs: Bool) {
    self.scratch = scratch
    self.runsJobs = runsJobs
  }

  static var program: String { Blechctl.products.appending(path: "blechd").path }

  var data: String { scratch.path("data") }
  var runtime: String { scratch.path("run") }
  var configuration: String { scratch.path("blechd.yaml") }
  func path(_ name: String) -> String { "\(data)/\(name)" }

  static func settings(settleSeconds: Double = 1, _ more: String = "") -> String {
    "settle_seconds: \(settleSeconds)\n\(more)"
  }

  /// Runs `body` beside a daemon, which is told to end afterwards.
  ///
  /// - Parameters:
  ///   - settings: lines of the configuration beside `watch`.
  ///   - wrapper: a command that runs the daemon's.
  ///   - directories: are there below `data` before the daemon starts.
  ///   - runsJobs: whether it does the work, or only decides.
  /// - Returns: how the daemon ended.
  @discardableResult
  static func run(
    _ settings: String = settings(), environment: [String: String] = [:], wrapper: [String] = [],
    directories: [String] = [], runsJobs: Bool = false,
    _ body: @escaping @Sendable (RunningDaemon) async throws -> Void
  ) async throws -> TerminationStatus {
    try await prepared(settings, directories: directories, runsJobs: runsJobs) { daemon in
      try await daemon.run(environment: environment, wrapper: wrapper) { try await body(daemon) }
    }
  }

  /// Hands over a daemon that can be run, once or several times, on the same folders.
  static func prepared<Result: Sendable>(
    _ settings: String = settings(), directories: [String] = [], runsJobs: Bool = true,
    _ body: (RunningDaemon) async throws -> Result
  ) async throws -> Result {
    try await withScratchAsync { scratch in
      let daemon = RunningDaemon(scratch, runsJobs: runsJobs)
      for name in ["data", "staging", "home"] + directories.map({ "data/\($0)" }) {
        try FileManager.default.createDirectory(
          atPath: scratch.path(name), withIntermediateDirectories: false)
      }
      try daemon.configure(settings)
      return try await body(daemon)
    }
  }

  /// Runs it beside `body`, and tells it to end afterwards.
  @discardableResult
  func run(
    environment changes: [String: String] = [:], wrapper: [String] = [],
    _ body: @escaping @Sendable () async throws -> Void
  ) async throws -> TerminationStatus {
    let command = wrapper + [Self.program] + arguments
    // What an earlier run, which was killed, has left says nothing of this one.
    try? FileManager.default.removeItem(atPath: runtime + "/status.json")
    let result = try await Subprocess.run(
      Blechctl.executable(command[0]), arguments: Arguments(Array(command.dropFirst())),
      environment: environment(changes), input: .none, output: .discarded, error: .sequence
    ) { execution in
      self.process.withLock { $0 = execution.processIdentifier }
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          for try await line in execution.standardError.strings() {
            self.lines.withLock { $0.append(line) }
          }
        }
        group.addTask {
          do {
            // What is sorted before the daemon begins is its backlog.
            try await self.wait("the daemon") { (try? self.status()) != nil }
            try await body()
          } catch {
            Issue.record(error)
          }
          try? execution.send(signal: .terminate)
        }
        try await group.waitForAll()
      }
    }
    return result.terminationStatus
  }

  private var arguments: [String] {
    [
      "--config", configuration, "--state-directory", scratch.path("state"), "--runtime-directory", runtime,
    ] + (runsJobs ? [] : ["--dry-run"])
  }

  private func environment(_ changes: [String: String]) -> Environment {
    Blechctl(home: URL(filePath: scratch.path("home"))).environment(changes)
  }

  /// - Parameter settings: lines beside `watch`.
  func configure(_ settings: String) throws {
    try scratch.write("blechd.yaml", "watch:\n  - path: \(data)\n\(settings)\n")
  }

  func send(_ signal: Signal) throws {
    kill(try identifier(), signal.rawValue)
  }

  /// Dead, and nobody has asked how it ended.
  var isZombie: Bool {
    let stat = (try? identifier()).flatMap {
      try? String(contentsOfFile: "/proc/\($0)/stat", encoding: .utf8)
    }
    return stat?.split(separator: ")").last?.hasPrefix(" Z") ?? true
  }

  func identifier() throws -> pid_t { try #require(process.withLock { $0 }).value }

  // MARK: Sessions

  /// A session as PyTables wrote it, sorted today, outside of what is watched; its path.
  func stage(_ name: String) throws -> String {
    let path = scratch.path("staging/\(name)")
    try FileManager.default.copyItem(atPath: Fixture.path, toPath: path)
    try Self.log(["blech_make_arrays.py": .now + 1], in: path)
    return path
  }

  /// Puts a sorted session among what is watched.
  func drop(_ name: String) throws {
    try FileManager.default.moveItem(atPath: stage(name), toPath: path(name))
  }

  /// The same, with data that no other number has: some spikes more.
  func drop(_ name: String, number: Int) throws {
    let path = try stage(name)
    try Self.change(path, number)
    try FileManager.default.moveItem(atPath: path, toPath: self.path(name))
  }

  /// Gives the session in a directory spikes of its own.
  static func change(
    _ session: String, _ number: Int, tastes: [String] = ["dig_in_0", "dig_in_1"]
  ) throws {
    try changeH5(at: "\(session)/\(Fixture.name).h5") { root in
      for taste in tastes {
        let group = try #require(try root.group("spike_trains")?.group(taste))
        let array = try #require(try group.dataset("spike_array"))
        let shape = try array.shape()
        var values = try array.readAll(as: Double.self)
        // In the first trial of the first unit, ms after ms of the window.
        for bit in 0..<12 where number >> bit & 1 == 1 {
          values[2000 + 30 * bit] = 1 - values[2000 + 30 * bit]
        }
        try group.remove("spike_array")
        try group.createArray("spike_array", values, shape: shape)
      }
    }
  }

  /// Writes a log of completed scripts, in place, as Python does.
  static func log(_ completed: [String: Date], in session: String) throws {
    let times = completed.mapValues { time($0) }
    let json = try JSONSerialization.data(withJSONObject: ["attempted": times, "completed": times])
    try json.write(to: URL(filePath: session + "/execution_log.json"))
  }

  func h5(_ name: String) -> String { path("\(name)/\(Fixture.name).h5") }

  // MARK: What it says

  var log: [String] { lines.withLock { $0 } }

  /// Lines of the log about one session that say so.
  func mentions(_ name: String, _ words: String) -> Int {
    log.count { $0.contains("\(path(name)): ") && $0.contains(words) }
  }

  /// Waits until so many lines of the log say that, and no more of them come for a moment.
  func expectMentions(_ name: String, _ words: String, _ count: Int) async throws {
    try await wait("\(words), \(count) times") { self.mentions(name, words) >= count }
    #expect(mentions(name, words) == count)
  }

  func status() throws -> StatusDocument {
    try JSONDocument.decode(StatusDocument.self, from: Array(Data(contentsOf: URL(filePath: statusPath))))
  }

  /// As the daemon has it, which may see other mounts.
  private var statusPath: String {
    let path = runtime + "/status.json"
    guard let process = try? identifier() else { return path }
    let inside = "/proc/\(process)/root\(path)"
    return FileManager.default.fileExists(atPath: inside) ? inside : path
  }

  func state(of name: String) -> String? {
    try? status().sessions.first { $0.path == path(name) }?.state
  }

  /// Waits as long as a busy machine may take.
  func wait(_ what: String, until holds: () throws -> Bool) async throws {
    for _ in 0..<2400 {
      if try holds() { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    Issue.record("waited two minutes in vain for \(what); the log: \(log.joined(separator: "\n"))")
    throw CancellationError()
  }

  func waitFor(_ name: String, _ state: String) async throws {
    try await wait("\(name) to be \(state)") { self.state(of: name) == state }
  }

  func blechctl(_ arguments: [String]) async throws -> Blechctl.Run {
    try await Blechctl(home: URL(filePath: scratch.path("home"))).run(arguments)
  }
}

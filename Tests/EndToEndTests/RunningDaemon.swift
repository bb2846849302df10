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

  private init(_ scratch: Scratch) { self.scratch = scratch }

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
  /// - Returns: how the daemon ended.
  @discardableResult
  static func run(
    _ settings: String = settings(), environment: [String: String] = [:], wrapper: [String] = [],
    directories: [String] = [],
    _ body: @escaping @Sendable (RunningDaemon) async throws -> Void
  ) async throws -> TerminationStatus {
    try await withScratchAsync { scratch in
      let daemon = RunningDaemon(scratch)
      for name in ["data", "staging", "home"] + directories.map({ "data/\($0)" }) {
        try FileManager.default.createDirectory(
          atPath: scratch.path(name), withIntermediateDirectories: false)
      }
      try daemon.configure(settings)
      let command = wrapper + [program] + daemon.arguments
      let result = try await Subprocess.run(
        Blechctl.executable(command[0]), arguments: Arguments(Array(command.dropFirst())),
        environment: daemon.environment(environment), input: .none, output: .discarded, error: .sequence
      ) { execution in
        daemon.process.withLock { $0 = execution.processIdentifier }
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            for try await line in execution.standardError.strings() {
              daemon.lines.withLock { $0.append(line) }
            }
          }
          group.addTask {
            do {
              // What is sorted before the daemon begins is its backlog.
              try await daemon.wait("the daemon") { (try? daemon.status()) != nil }
              try await body(daemon)
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
  }

  private var arguments: [String] {
    [
      "--config", configuration, "--state-directory", scratch.path("state"), "--runtime-directory", runtime,
      "--dry-run",
    ]
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

  /// Writes a log of completed scripts, in place, as Python does.
  static func log(_ completed: [String: Date], in session: String) throws {
    let format = DateFormatter()
    format.dateFormat = "yyyy-MM-dd HH:mm:ss"
    let times = completed.mapValues { format.string(from: $0) }
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
    try JSONDocument.decode(
      StatusDocument.self, from: Array(Data(contentsOf: URL(filePath: runtime + "/status.json"))))
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

import FoundationEssentials
import Subprocess
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Watching

/// A real directory, watched through the real kernel.
final class KernelWorld: Sendable {
  let root: Scratch
  let watcher: Watcher
  private let reports = Mutex<[DirectoryReport]>([])

  static let settle = Duration.milliseconds(500)

  private init(_ root: Scratch, _ roots: [WatchRoot], settle: Duration) throws {
    self.root = root
    watcher = try Watcher(roots, policy: WatchedWorld.policy, settings: WatchSettings(settle: settle))
  }

  /// Watches `data` below a scratch directory for as long as `body` runs.
  static func run(
    _ backend: WatchRoot.Backend = .auto, settle: Duration = settle,
    before: (Scratch) throws -> Void = { _ in },
    _ body: @escaping @Sendable (KernelWorld) async throws -> Void
  ) async throws {
    try await withScratchAsync { scratch in
      try FileManager.default.createDirectory(
        atPath: scratch.path("data"), withIntermediateDirectories: false)
      try before(scratch)
      let world = try KernelWorld(
        scratch, [WatchRoot(path: FilePath(scratch.path("data")), backend: backend)], settle: settle)
      try world.watcher.start()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          for await _ in world.watcher.signals {
            let reports = world.watcher.takeReports().map(\.report)
            world.reports.withLock { $0 += reports }
          }
        }
        group.addTask {
          defer { Task { await world.watcher.stop() } }
          try await world.wait("the first scan") { world.watcher.status[0].root.isScanned }
          try await body(world)
        }
        try await group.waitForAll()
      }
    }
  }

  func path(_ name: String) -> String { root.path("data/\(name)") }

  /// Waits, as long as a busy machine may take.
  func wait(_ what: String, until holds: () -> Bool) async throws {
    for _ in 0..<6000 {
      if holds() { return }
      try await Task.sleep(for: .milliseconds(20))
    }
    Issue.record("waited two minutes in vain for \(what); known are \(latest)")
  }

  func waitUntilSettled(_ names: [String]) async throws {
    try await wait("\(names) to settle") { settled == names.sorted() }
  }

  private var latest: [String: DirectoryReport.State] {
    reports.withLock { reports in
      reports.reduce(into: [:]) { $0[$1.path.string] = $1.state }
    }
  }

  /// What is settled now, by its path below the root.
  var settled: [String] {
    latest.compactMap { entry in
      guard case .settled = entry.value else { return nil }
      return String(entry.key.dropFirst(path("").count))
    }.sorted()
  }

  /// How often that directory was reported as settled.
  func timesSettled(_ name: String) -> Int {
    reports.withLock { reports in
      reports.count { report in
        guard report.path.string == path(name), case .settled = report.state else { return false }
        return true
      }
    }
  }

  @discardableResult
  func shell(_ script: String) async throws -> String {
    let result = try await Subprocess.run(
      .name("sh"), arguments: ["-euc", script], workingDirectory: FilePath(root.path),
      output: .string(limit: 1 << 20),
      error: .string(limit: 1 << 20))
    #expect(result.terminationStatus == .exited(0), "\(script): \(result.standardError)")
    return result.standardOutput
  }

  static func has(_ program: String) -> Bool {
    ["/usr/bin", "/bin", "/usr/local/bin"].contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
    }
  }

  /// A session in the scratch directory, outside of what is watched.
  func makeSource(_ name: String, bytes: Int = 100_000) throws {
    try Self.makeSession(root.path(name), bytes: bytes)
  }

  static func makeSession(_ path: String, bytes: Int = 10) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let content = Data(repeating: 7, count: bytes)
    for file in ["s.h5", "s.info", "log.json"] { try content.write(to: URL(filePath: "\(path)/\(file)")) }
  }
}

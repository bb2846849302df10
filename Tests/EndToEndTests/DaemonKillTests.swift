import Foundation
import Subprocess
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Vocabulary

/// Whatever is killed, whenever: after a restart all of it is done, once.
@Suite struct DaemonKillTests {
  private static let sessions = (0..<10).map { "s\($0)" }
  private static let kills = 50

  @Test func `Fifty times the daemon, a worker, or both are killed, and all is done in the end`() async throws
  {
    // Long enough that most kills hit some training.
    let settings = DaemonWorkTests.settings(
      "retry: {first_delay_seconds: 1, max_delay_seconds: 1, attempts: 100}", steps: 4000)
    try await RunningDaemon.prepared(settings) { daemon in
      let killer = Killer(seed: 20_261_125, most: Self.kills)
      for (number, name) in Self.sessions.enumerated() { try daemon.drop(name, number: number + 1) }
      // The first run makes them known as new.
      while !killer.isDone {
        let status = try await daemon.run {
          if daemon.state(of: Self.sessions[0]) == nil { try Self.touch(daemon) }
          try await killer.work(on: daemon, until: Self.sessions)
        }
        if killer.isDone { #expect(status == .exited(0)) }
        await killer.waitForOrphans()
      }
      #expect(killer.killed == Self.kills)
      try await expectAllDone(daemon, killer)
    }
  }

  /// Sorted after the daemon began to watch.
  private static func touch(_ daemon: RunningDaemon) throws {
    for name in sessions { try RunningDaemon.log(["blech_make_arrays.py": .now + 1], in: daemon.path(name)) }
  }

  private func expectAllDone(_ daemon: RunningDaemon, _ killer: Killer) async throws {
    let attempts = try await daemon.attempts()
    for (number, name) in Self.sessions.enumerated() {
      #expect(try daemon.results(name) == ["region_all_taste_0", "region_all_taste_1"], "\(name)")
      let run = try await daemon.blechctl(["infer", "--train-steps", "4000", daemon.path(name)])
      #expect(
        run.exitCode == 0 && run.output.contains("nothing to do"), "\(name): \(run.output)\(run.errors)")
      // What is not ours is what it was.
      let original = try daemon.stage("original\(number)")
      try RunningDaemon.change(original, number + 1)
      #expect(try Self.spikes(daemon.path(name)) == Self.spikes(original), "\(name)")
    }
    // One whose daemon was killed before it heard of the end is found in the spool later, and not trained again.
    let trainings = try await daemon.trainings()
    #expect(trainings.values.allSatisfy { $0 == 1 }, "\(trainings)")
    let finished = Set(attempts.filter { $0.end?.reason == .finished }.compactMap(\.job))
    #expect(finished.count == 20)
    let others = attempts.filter { $0.end?.reason != .finished }
    let unexplained = others.filter { row in
      row.end.map { ![.lost, .killed, .cancelled].contains($0.reason) } ?? true
    }
    #expect(unexplained.isEmpty, "\(unexplained)")
    let interrupted = others.count
    #expect(interrupted > 0, "the kills hit nothing")
    // Two workers run side by side.
    #expect(interrupted <= 2 * Self.kills)
    #expect(killer.survivors.isEmpty)
    try daemon.expectNothingLeft()
  }

  private static func spikes(_ session: String) throws -> [Double] {
    var spikes: [Double] = []
    try changeH5(at: "\(session)/\(Fixture.name).h5") { root in
      for taste in ["dig_in_0", "dig_in_1"] {
        spikes +=
          try root.group("spike_trains")?.group(taste)?.dataset("spike_array")?.readAll(as: Double.self) ?? []
      }
    }
    return spikes
  }
}

/// Kills at random moments, the same in every run as far as a machine can be the same.
private final class Killer: Sendable {
  private struct State {
    var random: SeededNumbers
    var killed = 0
    var isDone = false
    /// Workers of a daemon that was killed, which must end by themselves.
    var orphans: [pid_t] = []
    var survivors: [pid_t] = []
  }

  private let state: Mutex<State>
  private let most: Int

  init(seed: UInt64, most: Int) {
    state = Mutex(State(random: SeededNumbers(seed: seed)))
    self.most = most
  }

  /// Whether all sessions are done.
  var isDone: Bool { state.withLock { $0.isDone } }
  var killed: Int { state.withLock { $0.killed } }
  var survivors: [pid_t] { state.withLock { $0.survivors } }

  /// Kills workers, and at last the daemon, or lets it come to its end.
  func work(on daemon: RunningDaemon, until sessions: [String]) async throws {
    let process = try daemon.identifier()
    while killed < most {
      let (pause, kind) = state.withLock { state in
        (Int.random(in: 300...2500, using: &state.random), Int.random(in: 0..<3, using: &state.random))
      }
      try await Task.sleep(for: .milliseconds(pause))
      let workers = (try? daemon.workers()) ?? []
      state.withLock { $0.killed += 1 }
      if kind != 0 { for worker in workers.prefix(1) { kill(worker, SIGKILL) } }
      guard kind != 1 else { continue }
      state.withLock { $0.orphans = workers }
      kill(process, SIGKILL)
      return
    }
    try await daemon.waitUntilDone(sessions)
    state.withLock { $0.isDone = true }
  }

  /// A worker notices that its parent is gone, and a commit ends in its time.
  func waitForOrphans() async {
    let orphans = state.withLock { $0.orphans }
    for _ in 0..<1200 {
      if orphans.allSatisfy({ kill($0, 0) != 0 || Self.isDead($0) }) { break }
      try? await Task.sleep(for: .milliseconds(50))
    }
    state.withLock { state in
      state.survivors += orphans.filter { kill($0, 0) == 0 && !Self.isDead($0) }
      state.orphans = []
    }
  }

  private static func isDead(_ process: pid_t) -> Bool {
    let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
    return stat?.split(separator: ")").last?.hasPrefix(" Z") ?? true
  }
}

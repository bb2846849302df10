import Foundation
import Store
import TestSupport
import Testing
import Vocabulary

/// The daemon does the work: a real one, real workers, a real inotify.
@Suite struct DaemonWorkTests {
  static func settings(_ more: String = "", steps: Int = 100) -> String {
    RunningDaemon.settings(settleSeconds: 1, "inference: {train_steps: \(steps)}\n\(more)")
  }

  @Test func `Twenty sessions are done, each of their jobs once, and nothing is left behind`() async throws {
    try await RunningDaemon.prepared(Self.settings()) { daemon in
      try await daemon.run {
        for number in 0..<20 { try daemon.drop("s\(number)", number: number) }
        try await daemon.waitUntilDone((0..<20).map { "s\($0)" })
      }
      let runs = try await daemon.trainings()
      #expect(runs.count == 40)
      #expect(runs.values.allSatisfy { $0 == 1 }, "\(runs)")
      for number in 0..<20 {
        #expect(try daemon.results("s\(number)") == ["region_all_taste_0", "region_all_taste_1"])
      }
      try daemon.expectNothingLeft()
    }
  }

  @Test func `A session is done again where its data have changed, and not where they have not`() async throws
  {
    try await RunningDaemon.prepared(Self.settings()) { daemon in
      try await daemon.run {
        try daemon.drop("s", number: 1)
        try await daemon.waitUntilDone(["s"])
        // Opened for writing and left as it was.
        try RunningDaemon.change(daemon.path("s"), 0)
        try await daemon.wait("a second look") { daemon.mentions("s", "done: all 2 results") >= 2 }
        try RunningDaemon.change(daemon.path("s"), 6)
        try RunningDaemon.log(["blech_make_arrays.py": .now + 1], in: daemon.path("s"))
        try await daemon.wait("the third look") { daemon.mentions("s", "done: 2 results are written") == 2 }
      }
      let runs = try await daemon.trainings()
      #expect(runs.values.sorted() == [2, 2])
      try daemon.expectNothingLeft()
    }
  }

  @Test func `A restart does nothing twice, and reads nothing twice`() async throws {
    try await RunningDaemon.prepared(Self.settings()) { daemon in
      try await daemon.run {
        for number in 0..<3 { try daemon.drop("s\(number)", number: number) }
        try await daemon.waitUntilDone(["s0", "s1", "s2"])
      }
      // A worker that only fails shows that none is asked.
      let worker = try daemon.scratch.script("exit 70")
      try await daemon.run(environment: ["BLECHD_WORKER": worker]) {
        try await daemon.waitUntilDone(["s0", "s1", "s2"])
      }
      let runs = try await daemon.trainings()
      #expect(runs.values.allSatisfy { $0 == 1 }, "\(runs)")
    }
  }

  @Test func `Without its store the daemon computes nothing twice`() async throws {
    try await RunningDaemon.prepared(Self.settings()) { daemon in
      try await daemon.run {
        try daemon.drop("s", number: 3)
        try await daemon.waitUntilDone(["s"])
      }
      for name in ["blechd.sqlite", "blechd.sqlite-wal", "blechd.sqlite-shm"] {
        try? FileManager.default.removeItem(atPath: daemon.scratch.path("state/\(name)"))
      }
      try await daemon.run { try await daemon.waitUntilDone(["s"]) }
      #expect(try await daemon.trainings().isEmpty)
    }
  }

  @Test func `A damaged store is set aside with a word, and nothing is computed twice`() async throws {
    try await RunningDaemon.prepared(Self.settings()) { daemon in
      try await daemon.run {
        try daemon.drop("s", number: 3)
        try await daemon.waitUntilDone(["s"])
      }
      for name in ["blechd.sqlite-wal", "blechd.sqlite-shm"] {
        try? FileManager.default.removeItem(atPath: daemon.scratch.path("state/\(name)"))
      }
      try daemon.scratch.write("state/blechd.sqlite", String(repeating: "no database ", count: 1000))
      try await daemon.run { try await daemon.waitUntilDone(["s"]) }
      #expect(daemon.log.contains { $0.contains("blechd.sqlite.damaged-1") })
      #expect(try await daemon.trainings().isEmpty)
      let names = try FileManager.default.contentsOfDirectory(atPath: daemon.scratch.path("state"))
      #expect(names.contains("blechd.sqlite.damaged-1"))
    }
  }

  @Test func `A reload changes parameters for what comes, and what runs finishes`() async throws {
    try await RunningDaemon.prepared(Self.settings()) { daemon in
      try await daemon.run {
        try daemon.drop("s", number: 1)
        try await daemon.waitUntilDone(["s"])
        try daemon.configure(Self.settings(steps: 50))
        #expect(try await daemon.steer("reload").exitCode == 0)
        try await daemon.wait("the other parameters") {
          daemon.mentions("s", "done: 2 results are written") == 2
        }
      }
      let runs = try await daemon.trainings()
      #expect(runs.values.sorted() == [2, 2])
    }
  }

  @Test func `A changed blechrnn_params.json has the tastes inferred anew`() async throws {
    try await RunningDaemon.run(Self.settings(), runsJobs: true) { daemon in
      try daemon.drop("s", number: 1)
      try await daemon.waitUntilDone(["s"])
      try #"{"hidden_size": 4}"#.write(
        toFile: daemon.path("s/blechrnn_params.json"), atomically: false, encoding: .utf8)
      try await daemon.wait("the other parameters") {
        daemon.mentions("s", "done: 2 results are written") == 2
      }
    }
  }

  @Test func `People pause, resume, retrain, cancel and put first`() async throws {
    try await RunningDaemon.prepared(Self.settings("limits: {jobs: 1}")) { daemon in
      try await daemon.run {
        #expect(try await daemon.steer("pause").exitCode == 0)
        for name in ["a", "b", "c"] { try daemon.drop(name, number: 1 + Int(name.utf8.first!)) }
        try await daemon.wait("all to be queued") {
          ["a", "b", "c"].allSatisfy { daemon.state(of: $0) == "queued" }
        }
        #expect(try daemon.status().work?.hold?.contains("paused") == true)
        #expect(try await daemon.steer("cancel", daemon.path("b")).exitCode == 0)
        #expect(try await daemon.steer("first", daemon.path("c")).exitCode == 0)
        #expect(try await daemon.steer("resume").exitCode == 0)
        try await daemon.waitUntilDone(["a", "c"])
        #expect(try daemon.status().ended.map(\.path).prefix(2) == [daemon.path("a"), daemon.path("c")])
        #expect(daemon.state(of: "b") == "cancelled")
        #expect(try await daemon.steer("retry", daemon.path("b")).exitCode == 0)
        try await daemon.waitUntilDone(["b"])
        #expect(try await daemon.steer("retrain", daemon.path("a")).exitCode == 0)
        try await daemon.wait("the retraining") { daemon.mentions("a", "done: 2 results are written") == 2 }
        try await daemon.waitUntilDone(["a"])
      }
      let runs = try await daemon.trainings()
      #expect(runs.filter { $0.key.hasPrefix(daemon.path("a")) }.values.sorted() == [2, 2])
      #expect(runs.filter { $0.key.hasPrefix(daemon.path("b")) }.values.sorted() == [1, 1])
      try daemon.expectNothingLeft()
    }
  }

  private static func dropSortedLongAgo(_ names: [String], _ daemon: RunningDaemon) throws {
    for (number, name) in names.enumerated() {
      try daemon.drop(name, number: number)
      try RunningDaemon.log(["blech_make_arrays.py": .now - 10_000], in: daemon.path(name))
    }
  }

  @Test func `The backlog is left alone until a person asks for it`() async throws {
    try await RunningDaemon.prepared(Self.settings()) { daemon in
      try Self.dropSortedLongAgo(["a", "b"], daemon)
      try await daemon.run {
        for name in ["a", "b"] { try await daemon.waitFor(name, "backlog") }
        // As people complete a path: by the .h5 in it.
        let run = try await daemon.steer("process", daemon.h5("a"))
        #expect(run.exitCode == 0, "\(run.errors)")
        try await daemon.waitUntilDone(["a"])
        #expect(daemon.state(of: "b") == "backlog")
        let all = try await daemon.steer("process", "--backlog")
        #expect(all.output.contains("1 session"), "\(all.output)")
        try await daemon.waitUntilDone(["b"])
      }
    }
  }

  @Test func `The backlog is taken just after a reload, and just after a start`() async throws {
    try await RunningDaemon.prepared(RunningDaemon.settings(settleSeconds: 3, "inference: {train_steps: 50}"))
    {
      daemon in
      try Self.dropSortedLongAgo(["a", "b"], daemon)
      try await daemon.run {
        for name in ["a", "b"] { try await daemon.waitFor(name, "backlog") }
        #expect(try await daemon.steer("reload").exitCode == 0)
        let run = try await daemon.steer("process", daemon.path("a"))
        #expect(
          run.exitCode == 0 && !run.output.contains("there is no backlog in \(daemon.path("a"))\n"), "\(run)")
        try await daemon.waitUntilDone(["a"])
        #expect(daemon.state(of: "b") == "backlog")
      }
      try await daemon.run {
        let run = try await daemon.steer("process", "--backlog")
        #expect(
          run.exitCode == 0 && !run.output.contains("there is no backlog in the watched folders\n"), "\(run)")
        try await daemon.waitUntilDone(["b"])
      }
    }
  }

  @Test func `What is no session, and has no backlog, is called so by the daemon`() async throws {
    try await RunningDaemon.prepared(Self.settings(), directories: ["nowhere"]) { daemon in
      let end = try await daemon.run {
        try await daemon.wait("the first look") {
          daemon.log.contains { $0.contains("everything is watched: 2 directories") }
        }
        for verb in ["retry", "retrain"] {
          let run = try await daemon.steer(verb, daemon.path("nowhere"))
          #expect(run.exitCode == 66 && run.errors.contains("is no session that the daemon knows"), "\(run)")
        }
        #expect(try await daemon.steer("first", daemon.path("nowhere")).exitCode == 66)
        for (arguments, place) in [
          ([daemon.path("nowhere")], daemon.path("nowhere")), (["--backlog"], "the watched folders"),
        ] {
          let run = try await daemon.blechctl(["process", "--runtime-directory", daemon.runtime] + arguments)
          #expect(run.exitCode == 0 && run.output == "there is no backlog in \(place)\n", "\(run)")
        }
        let outside = try await daemon.steer("process", daemon.scratch.path("staging"))
        #expect(outside.exitCode == 66 && outside.errors.contains("it watches \(daemon.data)"), "\(outside)")
      }
      #expect(end == .exited(0))
    }
  }

  @Test(canMount) func `A session is steered by any of its paths`() async throws {
    let settings = Self.settings("limits: {jobs: 1}")
    try await RunningDaemon.prepared(settings, directories: ["other"]) { daemon in
      try await daemon.run(wrapper: ["unshare", "-m"]) {
        #expect(try await daemon.steer("pause").exitCode == 0)
        for (number, name) in ["a", "s"].enumerated() {
          try daemon.drop(name, number: number)
          try await daemon.waitFor(name, "queued")
        }
        let script = #"mount --bind "$1" "$2""#
        let mounted = try await Blechctl.run([
          "nsenter", "-t", "\(try daemon.identifier())", "-m", "sh", "-euc", script, "sh", daemon.path("s"),
          daemon.path("other"),
        ])
        #expect(mounted.exitCode == 0, "\(mounted)")
        try await daemon.waitFor("other", "same")

        let other = daemon.path("other")
        let why = try await daemon.steer("why", other)
        #expect(why.output.contains("the same folder as \(daemon.path("s"))"), "\(why)")
        #expect(why.output.contains("\nqueued: "), "\(why)")
        let first = try await daemon.steer("first", other)
        #expect(first.exitCode == 0 && first.output.hasPrefix(daemon.path("s")), "\(first)")
        #expect(try await daemon.steer("cancel", other).exitCode == 0)
        try await daemon.waitFor("s", "cancelled")
        let retry = try await daemon.steer("retry", other)
        #expect(retry.exitCode == 0 && retry.output.contains(daemon.path("s")), "\(retry)")
        #expect(try await daemon.steer("resume").exitCode == 0)
        try await daemon.waitUntilDone(["a", "s"])
      }
      #expect(try await daemon.trainings().values.allSatisfy { $0 == 1 })
    }
  }

  @Test func `While it ends in order it says so, and its status is gone afterwards`() async throws {
    try await RunningDaemon.prepared(Self.settings()) { daemon in
      // Takes all the time that one is given which is told to end.
      let worker = try daemon.misbehaving("trap '' TERM; sleep 600", in: "s")
      let end = try await daemon.run(environment: ["BLECHD_WORKER": worker]) {
        try daemon.drop("s", number: 1)
        try await daemon.waitFor("s", "inferring")
        try daemon.send(.terminate)
        try await daemon.wait("the status of the stop") { try daemon.status().daemon.state == .stopping }
      }
      #expect(end == .exited(0))
      #expect(!FileManager.default.fileExists(atPath: daemon.runtime + "/status.json"))
      #expect(!FileManager.default.fileExists(atPath: daemon.runtime + "/control.sock"))
    }
  }

  @Test
  func `A session that a person has cancelled is done as a whole once one of its tastes is sorted anew`()
    async throws
  {
    try await RunningDaemon.prepared(Self.settings()) { daemon in
      try await daemon.run {
        #expect(try await daemon.steer("pause").exitCode == 0)
        try daemon.drop("s", number: 1)
        try await daemon.waitFor("s", "queued")
        #expect(try await daemon.steer("cancel", daemon.path("s")).exitCode == 0)
        try await daemon.wait("the cancellation") { daemon.mentions("s", "cancelled: a person") == 1 }
        // There is nothing left to be cancelled, or put first.
        #expect(try await daemon.steer("cancel", daemon.path("s")).exitCode == 66)
        #expect(try await daemon.steer("first", daemon.path("s")).exitCode == 66)
        try RunningDaemon.change(daemon.path("s"), 2, tastes: ["dig_in_1"])
        try RunningDaemon.log(["blech_make_arrays.py": .now + 1], in: daemon.path("s"))
        #expect(try await daemon.steer("resume").exitCode == 0)
        try await daemon.waitUntilDone(["s"])
      }
      #expect(try daemon.results("s").count == 2)
    }
  }

  @Test func `The owner's command is told of each session that ended`() async throws {
    try await RunningDaemon.prepared { daemon in
      let script = try daemon.scratch.script(#"cat >> "\#(daemon.scratch.path("told"))""#)
      try daemon.configure(Self.settings("notify: {command: \(script)}"))
      try await daemon.run {
        try daemon.drop("s", number: 1)
        try await daemon.wait("the command") {
          (try? daemon.scratch.text("told"))?.contains("\n}") == true
        }
      }
      let told = try daemon.scratch.text("told")
      #expect(told.contains(#""outcome" : "done""#), "\(told)")
      #expect(told.contains(daemon.path("s")))
    }
  }
}

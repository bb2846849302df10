import Control
import Foundation
import HDF5File
import Subprocess
import Synchronization
import TestSupport
import Testing

@Suite struct DaemonTests {
  @Test func `A session's life: dropped, inferred, copied, given other parameters, sorted again`()
    async throws
  {
    try await RunningDaemon.run(RunningDaemon.settings("inference: {train_steps: 30}")) { daemon in
      try daemon.drop("s1")
      try await daemon.waitFor("s1", "queued")
      try await daemon.expectMentions("s1", "would infer 2 of 2 jobs", 1)

      // Our own commit makes no work: a run by hand has the same parameters, from the same configuration.
      let run = try await daemon.blechctl(["infer", daemon.path("s1"), "--config", daemon.configuration])
      #expect(run.exitCode == 0, "\(run.errors)")
      try await daemon.waitFor("s1", "done")

      // Nor does a copy of a finished session.
      let staged = daemon.scratch.path("staging/copy")
      try FileManager.default.copyItem(atPath: daemon.path("s1"), toPath: staged)
      try FileManager.default.moveItem(atPath: staged, toPath: daemon.path("copy"))
      try await daemon.waitFor("copy", "done")
      #expect(daemon.mentions("copy", "would infer") == 0)

      // Another parameter does.
      let before = daemon.mentions("s1", "would infer 2 of 2 jobs")
      try #"{"seed": 7}"#.write(
        toFile: daemon.path("s1/blechrnn_params.json"), atomically: false, encoding: .utf8)
      try await daemon.waitFor("s1", "queued")
      try await daemon.expectMentions("s1", "would infer 2 of 2 jobs", before + 1)

      // Sorting one taste again concerns that taste.
      try RunningDaemon.log(
        ["blech_make_arrays.py": .now, "blech_process.py": .now + 60], in: daemon.path("copy"))
      try await daemon.waitFor("copy", "being re-sorted")
      try changeH5(at: daemon.h5("copy")) { root in
        let taste = try #require(try root.group("spike_trains")?.group("dig_in_0"))
        let array = try #require(try taste.dataset("spike_array"))
        let shape = try array.shape()
        var values = try array.readAll(as: Double.self)
        for index in 0..<2000 { values[index * 7] = 1 - values[index * 7] }
        try taste.remove("spike_array")
        try taste.createArray("spike_array", values, shape: shape)
      }
      try RunningDaemon.log(
        ["blech_make_arrays.py": .now + 120, "blech_process.py": .now + 60], in: daemon.path("copy"))
      try await daemon.waitFor("copy", "queued")
      try await daemon.expectMentions("copy", "would infer 1 of 2 jobs", 1)
    }
  }

  @Test func `Sessions that cannot be worked on are told apart, and hold up nobody`() async throws {
    try await RunningDaemon.run { daemon in
      try daemon.drop("incomplete")
      try FileManager.default.removeItem(atPath: daemon.path("incomplete/\(Fixture.name).info"))
      try daemon.drop("unsorted")
      try FileManager.default.removeItem(atPath: daemon.path("unsorted/execution_log.json"))
      try daemon.drop("cut")
      try #"{"attempted": {"blech_make"#.write(
        toFile: daemon.path("cut/execution_log.json"), atomically: false, encoding: .utf8)
      try daemon.drop("broken")
      try Data(repeating: 1, count: 100_000).write(to: URL(filePath: daemon.h5("broken")))
      try FileManager.default.copyItem(atPath: Fixture.path, toPath: daemon.path("old"))
      try RunningDaemon.log(
        ["blech_make_arrays.py": Date(timeIntervalSince1970: 1e9)], in: daemon.path("old"))
      try daemon.drop("good")
      for (name, state) in [
        ("incomplete", "incomplete"), ("unsorted", "not sorted"), ("cut", "bad"), ("broken", "bad"),
        ("old", "backlog"),
        ("good", "queued"),
      ] { try await daemon.waitFor(name, state) }
      let counts = try daemon.status().counts
      #expect(counts == ["incomplete": 1, "not sorted": 1, "bad": 2, "backlog": 1, "queued": 1])
      // What was cut off is looked at again when it is whole.
      try RunningDaemon.log(["blech_make_arrays.py": .now + 1], in: daemon.path("cut"))
      try await daemon.waitFor("cut", "queued")
    }
  }

  @Test func `Without a worker it does not start`() async throws {
    try await withScratchAsync { scratch in
      let file = try scratch.write("blechd.yaml", "watch: [{path: \(scratch.path)}]")
      let run = try await Blechctl.run(
        [
          RunningDaemon.program, "--config", file, "--state-directory", scratch.path("s"),
          "--runtime-directory",
          scratch.path("r"),
        ], environment: .inherit.updating(["BLECHD_WORKER": "/nonexistent"]))
      #expect(run.exitCode == 70)
      #expect(run.errors.contains("is no program that can be run"))
    }
  }

  @Test func `It ends in order while an inspection hangs`() async throws {
    try await withScratchAsync { outer in
      let worker = try outer.script("trap '' TERM; cat > /dev/null")
      let status = try await RunningDaemon.run(environment: ["BLECHD_WORKER": worker]) { daemon in
        try daemon.drop("s1")
        try await daemon.waitFor("s1", "inspecting")
      }
      #expect(status == .exited(0))
    }
  }

  @Test func `A second daemon with the same state is refused, and a killed one leaves nothing in the way`()
    async throws
  {
    try await RunningDaemon.run { daemon in
      try await daemon.wait("the daemon") {
        FileManager.default.fileExists(atPath: daemon.runtime + "/control.sock")
      }
      let second = try await Blechctl.run([
        RunningDaemon.program, "--config", daemon.configuration, "--state-directory",
        daemon.scratch.path("state"),
        "--runtime-directory", daemon.scratch.path("run2"),
      ])
      #expect(second.exitCode == 75)
      #expect(second.errors.contains("is in use by another blechd, process "))
      try daemon.send(.kill)
      // What the dead one has left is no obstacle.
      let third = Process()
      third.executableURL = URL(filePath: RunningDaemon.program)
      third.arguments = [
        "--config", daemon.configuration, "--state-directory", daemon.scratch.path("state"),
        "--runtime-directory",
        daemon.scratch.path("run3"),
      ]
      third.standardError = FileHandle.nullDevice
      try await daemon.wait("the lock to be free") {
        kill(try daemon.identifier(), 0) != 0 || daemon.isZombie
      }
      try third.run()
      try await daemon.wait("the third daemon") {
        FileManager.default.fileExists(atPath: daemon.scratch.path("run3/status.json"))
      }
      third.terminate()
      try await daemon.wait("its end") { !third.isRunning }
      #expect(third.terminationStatus == 0)
    }
  }

  @Test func `Another configuration comes into force with SIGHUP, a bad one does not`() async throws {
    try await RunningDaemon.run { daemon in
      try daemon.drop("s1")
      try await daemon.waitFor("s1", "queued")
      try daemon.configure("settle_secnds: 1")
      try daemon.send(.terminalClosed)
      try await daemon.wait("the refusal") { daemon.log.contains { $0.contains("stays as it was") } }
      #expect(
        daemon.log.contains { $0.contains("blechd.yaml:3: settle_secnds") && $0.contains("settle_seconds?") })
      try daemon.configure(RunningDaemon.settings("inference: {seed: 5}"))
      try daemon.send(.terminalClosed)
      try await daemon.wait("the new configuration") { daemon.mentions("s1", "would infer 2 of 2 jobs") == 2 }
      #expect(daemon.state(of: "s1") != nil)
    }
  }

  @Test func `A SIGHUP that comes while it starts does not end it, and is heard afterwards`() async throws {
    try await withScratchAsync { scratch in
      let data = scratch.path("data")
      try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: false)
      let file = try scratch.write("blechd.yaml", "watch: [{path: \(data)}]")
      // Full, and read by nobody: the daemon waits with its first line, before it has opened its store.
      let log = Pipe()
      Self.fill(log.fileHandleForWriting.fileDescriptor)
      let daemon = Process()
      daemon.executableURL = URL(filePath: RunningDaemon.program)
      daemon.arguments = [
        "--config", file, "--state-directory", scratch.path("state"), "--runtime-directory",
        scratch.path("run"),
      ]
      daemon.standardError = log
      try daemon.run()
      let identifier = "\(daemon.processIdentifier)\n"
      try await Self.wait("the start") { (try? scratch.text("state/blechd.lock")) == identifier }
      kill(daemon.processIdentifier, SIGHUP)
      let text = Mutex("")
      log.fileHandleForReading.readabilityHandler = { handle in
        let read = String(decoding: handle.availableData, as: UTF8.self)
        text.withLock { $0 += read }
      }
      defer { log.fileHandleForReading.readabilityHandler = nil }
      try await Self.wait("the reload") { text.withLock { $0.contains("the configuration was read anew") } }
      daemon.terminate()
      try await Self.wait("its end") { !daemon.isRunning }
      #expect(daemon.terminationStatus == 0 && daemon.terminationReason == .exit)
    }
  }

  private static func fill(_ pipe: CInt) {
    let flags = fcntl(pipe, F_GETFL)
    _ = fcntl(pipe, F_SETFL, flags | O_NONBLOCK)
    while write(pipe, "\n", 1) == 1 {}
    _ = fcntl(pipe, F_SETFL, flags)
  }

  private static func wait(_ what: String, until holds: () -> Bool) async throws {
    for _ in 0..<2400 {
      if holds() { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    Issue.record("waited two minutes in vain for \(what)")
    throw CancellationError()
  }

  @Test(arguments: [("watch: [{path: relative}]", ":1: watch[0].path"), ("wath: []", ":1: wath")])
  func `It does not start with a configuration that cannot be used`(text: String, place: String) async throws
  {
    try await withScratchAsync { scratch in
      let file = try scratch.write("blechd.yaml", text)
      let run = try await Blechctl.run([
        RunningDaemon.program, "--config", file, "--state-directory", scratch.path("s"),
        "--runtime-directory",
        scratch.path("r"),
      ])
      #expect(run.exitCode == 78)
      #expect(run.errors.contains(file + place), "\(run.errors)")
    }
  }

  @Test func `Why a session stands where it does, from the daemon and without one`() async throws {
    try await RunningDaemon.run { daemon in
      try daemon.drop("s1")
      try await daemon.waitFor("s1", "queued")
      let why = ["why", daemon.path("s1")]
      let live = try await daemon.blechctl(why + ["--runtime-directory", daemon.runtime])
      #expect(live.exitCode == 0, "\(live.errors)")
      for words in [
        "seen?      yes  below \(daemon.data), watched by inotify",
        "settled?   yes  its files have not changed for 1 s",
        "sorted?    yes  execution_log.json: blech_make_arrays.py completed", "new?       yes",
        "work?      yes  2 jobs: 2 not there yet",
        "queued: 2 of 2 jobs are to be inferred",
      ] { #expect(live.output.contains(words), "\(words) is not in\n\(live.output)") }
      let computed = try await daemon.blechctl(
        why + [
          "--runtime-directory", daemon.scratch.path("nowhere"), "--config", daemon.configuration, "--json",
        ])
      #expect(computed.exitCode == 0, "\(computed.errors)")
      #expect(
        computed.output.contains(#""live" : false"#) && computed.output.contains(#""state" : "queued""#))
      // A link in what is watched leads nowhere, whoever is asked: the daemon may read what a person may not.
      let elsewhere = try daemon.stage("elsewhere")
      try daemon.scratch.makeLink("data/link", to: elsewhere)
      let client = ControlClient(path: daemon.runtime + "/control.sock")
      for (path, isRead) in [
        ("s1", true), ("s1/../../staging/elsewhere", false), ("link", false), ("link/", false),
        ("none", false),
      ] {
        let answer = try await client.ask(.why(directory: daemon.path(path)), timeout: .seconds(120))
        let explanation = String(decoding: answer, as: UTF8.self)
        for words in ["complete?", "fingerprint"] {
          #expect(explanation.contains(words) == isRead, "\(path): \(explanation)")
        }
      }
      let outside = try await daemon.blechctl(["why", "/usr", "--runtime-directory", daemon.runtime])
      #expect(outside.output.contains("not watched"))
    }
  }
}

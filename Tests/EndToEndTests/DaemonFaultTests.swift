import Foundation
import Glibc
import Reporting
import Store
import Subprocess
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Vocabulary

/// What goes wrong around the daemon passes, or is told; nothing is lost.
@Suite struct DaemonFaultTests {
  private static func settings(
    _ more: String = "", _ inference: String = "inference: {train_steps: 100}"
  ) -> String {
    RunningDaemon.settings(
      settleSeconds: 1, "retry: {first_delay_seconds: 1, max_delay_seconds: 1}\n\(inference)\n\(more)")
  }

  /// Long enough to be met at work, in steps.
  private static let longTraining = 20_000
  private static let long = "inference: {train_steps: \(longTraining), patience: 0}"
  /// Longer than any test waits.
  private static let endless = "inference: {train_steps: 1000000, patience: 0}"

  // MARK: Others at work

  @Test func `An .h5 that another program has open is written as soon as it is closed`() async throws {
    try await RunningDaemon.run(Self.settings(), runsJobs: true) { daemon in
      try daemon.drop("s", number: 1)
      // As HDF5's own lock does it.
      let other = try FileDescriptor.open(FilePath(daemon.h5("s")), .readOnly)
      #expect(flock(other.rawValue, LOCK_SH) == 0)
      try await daemon.waitFor("s", "delayed")
      try await daemon.expectMentions("s", "cannot be written yet", 1)
      #expect(try daemon.results("s") == [])
      try other.close()
      try await daemon.waitUntilDone(["s"])
      #expect(try daemon.results("s").count == 2)
    }
  }

  @Test func `The commit waits for a script of the pipeline`() async throws {
    try await RunningDaemon.run(Self.settings(), runsJobs: true) { daemon in
      let session = try daemon.stage("s")
      let now = Date.now
      let sorted = RunningDaemon.time(now + 1)
      try
        #"{"attempted": {"blech_make_arrays.py": "\#(sorted)", "plots.py": "\#(sorted)"}, "completed": {"blech_make_arrays.py": "\#(sorted)"}}"#
        .write(toFile: session + "/execution_log.json", atomically: false, encoding: .utf8)
      try FileManager.default.moveItem(atPath: session, toPath: daemon.path("s"))
      try await daemon.waitFor("s", "delayed")
      try await daemon.wait("the script to be named") {
        daemon.log.contains { $0.contains("plots.py was begun at \(sorted) and has not ended") }
      }
      #expect(try daemon.results("s") == [])
      try RunningDaemon.log(["blech_make_arrays.py": now + 1, "plots.py": now + 2], in: daemon.path("s"))
      #expect(try await daemon.steer("retry", daemon.path("s")).exitCode == 0)
      try await daemon.waitUntilDone(["s"])
    }
  }

  @Test func `A person's run is told that the daemon is at work, and the daemon waits for a person's`()
    async throws
  {
    try await RunningDaemon.prepared(Self.settings("", Self.long)) { daemon in
      try await daemon.run {
        try daemon.drop("s", number: 1)
        try await daemon.waitFor("s", "inferring")
        let infer = try await daemon.blechctl(["infer", "--train-steps", "10", daemon.path("s")])
        #expect(infer.exitCode == 75, "\(infer.errors)")
        let holder = "(process \(try daemon.identifier()),"
        #expect(
          infer.errors.contains("is being worked on by blechd on") && infer.errors.contains(holder),
          "\(infer.errors)")
        #expect(try await daemon.steer("cancel", daemon.path("s")).exitCode == 0)
        try await daemon.wait("the lease to be given back") {
          !FileManager.default.fileExists(atPath: daemon.path("s/.blechd-lease"))
        }
        // The other way round.
        let name = "t"
        #expect(try await daemon.steer("pause").exitCode == 0)
        try daemon.drop(name, number: 2)
        async let person = daemon.blechctl([
          "infer", "--train-steps", "\(Self.longTraining)", "--patience", "0", "--ignore-log",
          daemon.path(name),
        ])
        try await daemon.wait("the person's lease") {
          FileManager.default.fileExists(atPath: daemon.path("\(name)/.blechd-lease"))
        }
        #expect(try await daemon.steer("resume").exitCode == 0)
        try await daemon.waitFor(name, "held")
        try await daemon.wait("the person to be named") {
          daemon.log.contains { $0.contains("is being worked on by blechctl infer") }
        }
        let run = try await person
        #expect(run.exitCode == 0, "\(run.errors)")
        try await daemon.waitUntilDone([name])
      }
      #expect(try await daemon.trainings().filter { $0.key.contains("/t ") } == [:])
    }
  }

  // MARK: Sessions that change

  @Test func `A session that is removed while its job runs is forgotten, and its worker ended`() async throws
  {
    try await RunningDaemon.run(Self.settings("", Self.endless), runsJobs: true) { daemon in
      try daemon.drop("s", number: 1)
      try await daemon.waitFor("s", "inferring")
      try FileManager.default.removeItem(atPath: daemon.path("s"))
      try await daemon.wait("the worker's end") { try daemon.status().jobs.isEmpty }
      try await daemon.wait("the session to be forgotten") { daemon.state(of: "s") == nil }
      try daemon.drop("t", number: 2)
      try await daemon.waitFor("t", "inferring")
    }
  }

  @Test
  func `A session that is moved while its job runs is done where it is now, and nothing is trained twice`()
    async throws
  {
    try await RunningDaemon.prepared(
      Self.settings("limits: {jobs: 1}", "inference: {train_steps: 3000, patience: 0}")
    ) { daemon in
      try await daemon.run {
        try daemon.drop("s", number: 1)
        try await daemon.wait("the first taste") { daemon.mentions("s", "trained for") == 1 }
        try FileManager.default.moveItem(atPath: daemon.path("s"), toPath: daemon.path("moved"))
        try await daemon.waitUntilDone(["moved"])
        #expect(daemon.state(of: "s") == nil)
      }
      #expect(try daemon.results("moved").count == 2)
      #expect(try await daemon.trainings().count == 2)
      try daemon.expectNothingLeft()
    }
  }

  @Test func `Data that change while a job runs have its result thrown away, and are done anew`() async throws
  {
    try await RunningDaemon.prepared(
      Self.settings("limits: {jobs: 1}", "inference: {train_steps: 3000, patience: 0}")
    ) { daemon in
      try await daemon.run {
        try daemon.drop("s", number: 1)
        try await daemon.waitFor("s", "inferring")
        try RunningDaemon.change(daemon.path("s"), 6)
        try RunningDaemon.log(["blech_make_arrays.py": .now + 1], in: daemon.path("s"))
        try await daemon.waitUntilDone(["s"])
      }
      // What is there is what the new data give.
      let run = try await daemon.blechctl([
        "infer", "--train-steps", "3000", "--patience", "0", daemon.path("s"),
      ])
      #expect(run.output.contains("nothing to do"), "\(run.output)\(run.errors)")
      try daemon.expectNothingLeft()
    }
  }

  // MARK: Limits

  @Test func `A worker that takes too much memory is ended alone, twice, and told`() async throws {
    try await RunningDaemon.prepared(
      Self.settings("limits: {jobs: 2, memory_per_job_mb: 128}")
    ) { daemon in
      // tail keeps what it reads until a line ends.
      let worker = try daemon.misbehaving("exec tail /dev/zero", in: "bad")
      try await daemon.run(environment: ["BLECHD_WORKER": worker]) {
        try daemon.drop("bad", number: 1)
        try daemon.drop("good", number: 2)
        try await daemon.waitUntilDone(["good"])
        try await daemon.waitFor("bad", "failed")
        #expect(try daemon.status().sessions.contains { $0.reason.contains("more than the 135 MB allowed") })
      }
      let reasons = try await daemon.attempts().filter { $0.attempt.path == daemon.path("bad") }
        .compactMap { $0.end?.reason }
      #expect(reasons == [.outOfMemory, .outOfMemory, .outOfMemory, .outOfMemory])
    }
  }

  @Test func `A worker that spins past its time is ended, with what it has begun`() async throws {
    try await RunningDaemon.prepared(
      Self.settings("limits: {jobs: 1, wall_time_per_job_minutes: 1}")
    ) { daemon in
      // It does not go when it is told to, and has a child.
      let spins = """
        exec nice -n 19 sh -c 'trap "" TERM; (while :; do :; done) & echo $$ $! >> "$1"; while :; do :; done' sh \
        "\(daemon.scratch.path("spinning"))"
        """
      let worker = try daemon.misbehaving(spins, in: "bad")
      try await daemon.run(environment: ["BLECHD_WORKER": worker]) {
        try daemon.drop("bad", number: 1)
        try await daemon.wait("its end") { daemon.mentions("bad", "took longer than the 60 s allowed") > 0 }
        let spinning = try daemon.scratch.text("spinning").split(whereSeparator: \.isWhitespace).prefix(2)
        #expect(spinning.count == 2)
        try await daemon.wait("both to be gone") {
          spinning.allSatisfy { !FileManager.default.fileExists(atPath: "/proc/\($0)") }
        }
        #expect(try await daemon.steer("cancel", daemon.path("bad")).exitCode == 0)
        try daemon.drop("good", number: 2)
        try await daemon.waitUntilDone(["good"])
      }
      let bad = try await daemon.attempts().filter { $0.attempt.path == daemon.path("bad") }
      #expect(bad.min { $0.attempt.id < $1.attempt.id }?.end?.reason == .wallTime)
    }
  }

  @Test func `A worker that crashes is tried once more, and the others go on`() async throws {
    try await RunningDaemon.prepared(Self.settings()) { daemon in
      let worker = try daemon.misbehaving("echo went wrong >&2; kill -SEGV $$", in: "bad")
      try await daemon.run(environment: ["BLECHD_WORKER": worker]) {
        try daemon.drop("bad", number: 1)
        try daemon.drop("good", number: 2)
        try await daemon.waitUntilDone(["good"])
        try await daemon.waitFor("bad", "failed")
      }
      let (store, _) = try Store.open(in: daemon.scratch.path("state"))
      let bad = try await store.attempts(of: daemon.path("bad"), limit: 10)
      #expect(bad.compactMap { $0.end?.reason } == [.crashed, .crashed, .crashed, .crashed])
      #expect(await store.log(of: bad[0].attempt.id)?.contains("went wrong") == true)
    }
  }

  @Test func `A job that needs more memory than is allowed is refused with numbers before it begins`()
    async throws
  {
    try await RunningDaemon.prepared(
      Self.settings("limits: {memory_per_job_mb: 64}", "inference: {train_steps: 1}")
    ) { daemon in
      try await daemon.run {
        try #"{"bin_size": 5, "hidden_size": 512}"#.write(
          toFile: daemon.stage("s") + "/blechrnn_params.json", atomically: false, encoding: .utf8)
        try FileManager.default.moveItem(atPath: daemon.scratch.path("staging/s"), toPath: daemon.path("s"))
        try await daemon.waitFor("s", "failed")
        let reason = try daemon.status().sessions.first?.reason
        #expect(reason?.contains("of memory, more than the 64 MB allowed") == true, "\(reason ?? "")")
        try daemon.configure(
          Self.settings("limits: {memory_per_job_mb: 2000}", "inference: {train_steps: 1}"))
        #expect(try await daemon.steer("reload").exitCode == 0)
        try await daemon.waitUntilDone(["s"])
      }
      #expect(try await daemon.trainings().count == 2)
    }
  }

  @Test func `Workers are held to what the owner has set`() async throws {
    let settings = Self.settings(
      "limits: {jobs: 1, nice: 7, io_class: idle, cpu_percent_per_job: 100}", Self.endless)
    try await RunningDaemon.run(settings, runsJobs: true) { daemon in
      try daemon.drop("s", number: 1)
      try await daemon.waitFor("s", "inferring")
      // It holds itself to its limits before it does anything else; the last of them are its processors.
      func nice(_ worker: pid_t) -> Substring? {
        let stat = try? String(contentsOfFile: "/proc/\(worker)/stat", encoding: .utf8)
        return stat?.split(separator: ")").last?.split(separator: " ")[16]
      }
      try await daemon.wait("its worker to be nice") { try daemon.workers().first.map(nice) == "7" }
      try await daemon.wait("its training") { try daemon.status().jobs.first?.step != nil }
      let worker = try #require(try daemon.workers().first)
      let limits = try String(contentsOfFile: "/proc/\(worker)/limits", encoding: .utf8)
      func limit(_ name: String) -> [Substring] {
        limits.split(separator: "\n").first { $0.hasPrefix(name) }?.dropFirst(26).split(separator: " ") ?? []
      }
      #expect(limit("Max core file size").first == "0")
      #expect(limit("Max open files").first == "1024")
      #expect(limit("Max data size").first == "\(2048 << 20)")
      let status = try String(contentsOfFile: "/proc/\(worker)/status", encoding: .utf8)
      let processors = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
      if ProcessInfo.processInfo.activeProcessorCount > 1 {
        #expect(
          processors?.contains(",") == false && processors?.contains("-") == false, "\(processors ?? "")")
      }
      let io = try await Blechctl.run(["ionice", "-p", "\(worker)"])
      #expect(io.output.contains("idle"), "\(io.output)")
      #expect(try daemon.status().work?.limits.isEmpty == false)
    }
  }

  // MARK: Disks

  @Test(canMount) func `With a full state directory the work waits, and goes on when there is room`()
    async throws
  {
    try await RunningDaemon.prepared(Self.settings("limits: {free_disk_min_mb: 0}")) { daemon in
      let state = daemon.scratch.path("state")
      try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
      let script = try daemon.scratch.script(
        """
        mount -t tmpfs -o size=4m tmpfs "\(state)" && exec "$@"
        """)
      try await daemon.run(wrapper: ["unshare", "-m", "--propagation", "private", script]) {
        let inside = "/proc/\(try daemon.identifier())/root\(state)"
        // All but what the store has already.
        try Self.fill(inside + "/filler")
        try daemon.drop("s", number: 1)
        try await daemon.wait("the full disk to be met") {
          daemon.log.contains { $0.contains("it is tried again in") && $0.contains("o space left") }
        }
        #expect(try daemon.results("s") == [])
        try FileManager.default.removeItem(atPath: inside + "/filler")
        try await daemon.waitUntilDone(["s"])
      }
      #expect(daemon.log.contains { $0.contains("what happens is written down again") })
    }
  }

  @Test(canMount) func `A session's full disk leaves its .h5 as it was until there is room`() async throws {
    try await RunningDaemon.prepared(Self.settings("limits: {free_disk_min_mb: 0}")) { daemon in
      let script = try daemon.scratch.script(
        """
        mount -t tmpfs -o size=4m tmpfs "\(daemon.data)" && exec "$@"
        """)
      try await daemon.run(wrapper: ["unshare", "-m", "--propagation", "private", script]) {
        let inside = "/proc/\(try daemon.identifier())/root\(daemon.data)"
        let session = try daemon.stage("s")
        try FileManager.default.createDirectory(atPath: inside + "/s", withIntermediateDirectories: false)
        for name in try FileManager.default.contentsOfDirectory(atPath: session) {
          try Data(contentsOf: URL(filePath: "\(session)/\(name)")).write(
            to: URL(filePath: "\(inside)/s/\(name)"))
        }
        let before = try Data(contentsOf: URL(filePath: "\(inside)/s/\(Fixture.name).h5"))
        try Self.fill(inside + "/filler")
        try await daemon.wait("the full disk to be met") {
          daemon.log.contains { $0.contains("full") || $0.contains("o space left") }
        }
        #expect(try Data(contentsOf: URL(filePath: "\(inside)/s/\(Fixture.name).h5")) == before)
        try FileManager.default.removeItem(atPath: inside + "/filler")
        try await daemon.waitUntilDone(["s"])
      }
    }
  }

  @Test(canMount)
  func `With a full runtime directory the work goes on, and the status follows when there is room`()
    async throws
  {
    try await RunningDaemon.prepared(Self.settings()) { daemon in
      try FileManager.default.createDirectory(
        atPath: daemon.runtime, withIntermediateDirectories: false)
      let script = try daemon.scratch.script(
        """
        mount -t tmpfs -o size=256k tmpfs "\(daemon.runtime)" && exec "$@"
        """)
      try await daemon.run(wrapper: ["unshare", "-m", "--propagation", "private", script]) {
        let filler = "/proc/\(try daemon.identifier())/root\(daemon.runtime)/filler"
        try Self.fill(filler)
        try daemon.drop("s", number: 1)
        try await daemon.wait("the results") { daemon.mentions("s", "done: 2 results are written") == 1 }
        #expect(try daemon.results("s").count == 2)
        #expect(daemon.log.contains { $0.contains("status.json") && $0.contains("o space left") })
        #expect(daemon.state(of: "s") != "done")
        try FileManager.default.removeItem(atPath: filler)
        try await daemon.waitUntilDone(["s"])
      }
    }
  }

  /// Takes all the room that there is.
  private static func fill(_ path: String) throws {
    let filler = try FileDescriptor.open(
      FilePath(path), .writeOnly, options: [.create], permissions: [.ownerReadWrite])
    let block = [UInt8](repeating: 0, count: 4096)
    while (try? filler.writeAll(block)) != nil {}
    try filler.close()
  }

  @Test func `A state directory that cannot be written is told at once`() async throws {
    try await RunningDaemon.prepared(Self.settings()) { daemon in
      for (state, code) in [("/proc/1/blechd", [73, 77, 66]), (daemon.configuration + "/state", [73])] {
        let run = try await Blechctl.run([
          RunningDaemon.program, "--config", daemon.configuration, "--state-directory", state,
          "--runtime-directory", daemon.runtime,
        ])
        #expect(code.contains(Int(run.exitCode)), "\(run.exitCode) \(run.errors)")
        #expect(run.errors.contains(state), "\(run.errors)")
        #expect(run.errors.contains("--state-directory"), "\(run.errors)")
      }
    }
  }
}

extension RunningDaemon {
  /// A worker that does as a real one does, but for the inference of one session.
  func misbehaving(_ command: String, in session: String) throws -> String {
    try scratch.script(
      """
      read -r request
      case "$request" in
        *'"infer"'*'\(path(session).replacingOccurrences(of: "/", with: "\\/"))"'*) \(command) ;;
      esac
      # A real worker that has read the request from elsewhere, and whose input stays open.
      pipe="\(scratch.path("request")).$$"
      mkfifo "$pipe"
      { printf '%s\\n' "$request"; exec sleep 600; } > "$pipe" &
      exec 0< "$pipe"
      rm "$pipe"
      exec "\(Blechctl.worker)"
      """)
  }

  /// Its workers' numbers.
  func workers() throws -> [pid_t] {
    let process = try identifier()
    let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")
    return tasks.flatMap { task in
      let text = try? String(contentsOfFile: "/proc/\(process)/task/\(task)/children", encoding: .utf8)
      return (text ?? "").split(separator: " ").compactMap { pid_t($0) }
    }
  }

  /// As the pipeline writes it.
  static func time(_ date: Date) -> String {
    let format = DateFormatter()
    format.dateFormat = "yyyy-MM-dd HH:mm:ss"
    return format.string(from: date)
  }
}

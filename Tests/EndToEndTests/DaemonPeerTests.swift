import Foundation
import TestSupport
import Testing

/// The daemon beside the programs that a lab uses.
@Suite struct DaemonPeerTests {
  @Test(Peers.needs("tables, numpy"))
  func `A session that PyTables rewrites step by step is queued once, after the last step`() async throws {
    try await RunningDaemon.run { daemon in
      try daemon.drop("s1")
      try await daemon.waitFor("s1", "queued")
      let script = Peers.scripts.appending(path: "resort.py").path
      let run = try await Blechctl.run([Peers.python, script, daemon.path("s1"), "0.3"])
      #expect(run.exitCode == 0, "\(run.errors)")
      try await daemon.wait("the new work") { daemon.mentions("s1", "would infer 2 of 2 jobs") == 2 }
      try await daemon.waitFor("s1", "queued")
      try await Task.sleep(for: .seconds(3))
      #expect(daemon.mentions("s1", "would infer") == 2)
      #expect(!daemon.log.contains { $0.contains(": bad: ") })
    }
  }

  @Test(Peers.needs("tables, h5py, numpy"))
  func `Twenty sessions that PyTables writes before the daemon's eyes are done, each of their jobs once`()
    async throws
  {
    try await RunningDaemon.prepared(DaemonWorkTests.settings()) { daemon in
      let names = (0..<20).map { "s\($0)" }
      @Sendable func write(_ folder: String) async throws {
        let script = Peers.scripts.appending(path: "write_sessions.py").path
        let run = try await Blechctl.run([Peers.python, script, folder, "\(names.count)"])
        #expect(run.exitCode == 0, "\(run.errors)")
      }
      try await daemon.run {
        try await write(daemon.data)
        try await daemon.waitUntilDone(names)
      }
      let runs = try await daemon.trainings()
      #expect(runs.count == 40)
      #expect(runs.values.allSatisfy { $0 == 1 }, "\(runs)")
      // The same again, as they were before.
      try await write(daemon.scratch.path("staging"))
      for name in names {
        let before = daemon.scratch.path("staging/\(name)/\(name).h5")
        let check = try await Blechctl.run([
          Peers.python, Peers.scripts.appending(path: "check_results.py").path, before,
          daemon.path("\(name)/\(name).h5"),
        ])
        #expect(check.exitCode == 0, "\(check.errors)")
        #expect(check.output.contains("region_all_taste_0, region_all_taste_1"), "\(check.output)")
      }
      try daemon.expectNothingLeft()
    }
  }

  @Test(Peers.needs("tables, h5py"), arguments: ["tables-r", "tables-r+"])
  func `A session that a person has open in PyTables is written once it is closed`(how: String) async throws {
    let settings = DaemonWorkTests.settings("retry: {first_delay_seconds: 1, max_delay_seconds: 1}")
    try await RunningDaemon.prepared(settings) { daemon in
      try await daemon.run {
        // What it reads to find the session waits for a person too.
        #expect(try await daemon.steer("pause").exitCode == 0)
        try daemon.drop("s", number: 1)
        try await daemon.waitFor("s", "queued")
        _ = try await Peers.beside("hold_open.py", [daemon.h5("s"), how]) {
          #expect(try await daemon.steer("resume").exitCode == 0)
          try await daemon.waitFor("s", "delayed")
          try await daemon.wait("the reason") {
            daemon.mentions("s", "another program has the file open") > 0
          }
        }
        try await daemon.waitUntilDone(["s"])
      }
      #expect(try daemon.results("s").count == 2)
      let runs = try await daemon.trainings()
      #expect(runs.count == 2 && runs.values.allSatisfy { $0 == 1 }, "\(runs)")
      try daemon.expectNothingLeft()
    }
  }

  @Test(canMount)
  func `A tmpfs, a bind mount and a FUSE mount inside one tree are watched, each as it can be`() async throws
  {
    let hasFUSE =
      try await Blechctl.run(["sh", "-c", "command -v bindfs && test -e /dev/fuse"]).exitCode == 0
    try await RunningDaemon.run(wrapper: ["unshare", "-m", "--propagation", "private"]) { daemon in
      try await daemon.wait("the daemon") { (try? daemon.status().daemon.state) == .watching }
      let pid = try daemon.identifier()
      func inside(_ script: String) async throws {
        let run = try await Blechctl.run(["nsenter", "-t", "\(pid)", "-m", "sh", "-euc", script])
        #expect(run.exitCode == 0, "\(script): \(run.errors)")
      }
      for name in ["plain", "in_tmpfs", "in_fuse"] { _ = try daemon.stage(name) }
      let (data, staging) = (daemon.data, daemon.scratch.path("staging"))
      try await inside(
        """
        cp -r \(staging)/plain \(data)/plain
        mkdir \(data)/tmpfs \(data)/bound \(data)/fuse \(data)/elsewhere
        mount -t tmpfs none \(data)/tmpfs
        cp -r \(staging)/in_tmpfs \(data)/tmpfs/s
        mkdir \(data)/bound/inner; mount --bind \(data)/plain \(data)/bound/inner
        """)
      try await daemon.waitFor("tmpfs/s", "queued")
      // One directory is one session, by whichever of its paths it was seen first.
      try await daemon.wait("one session at two places") {
        Set(["plain", "bound/inner"].map { daemon.state(of: $0) }) == ["queued", "same"]
      }
      if hasFUSE {
        try await inside("bindfs \(staging) \(data)/fuse")
        try await daemon.waitFor("fuse/in_fuse", "queued")
        let watches = try daemon.status().watches
        #expect(watches.first { $0.path == data + "/fuse" }?.backend == "polling")
        #expect(watches.first { $0.path == data + "/tmpfs" }?.backend == "inotify")
        try await inside("until umount \(data)/fuse; do sleep 0.1; done")
        try await daemon.wait("the FUSE mount to be forgotten") { daemon.state(of: "fuse/in_fuse") == nil }
      }
      try await inside("until umount \(data)/tmpfs; do sleep 0.1; done")
      try await daemon.wait("the tmpfs to be forgotten") { daemon.state(of: "tmpfs/s") == nil }
      try await inside("mount -t tmpfs none \(data)/tmpfs; cp -r \(staging)/in_tmpfs \(data)/tmpfs/s")
      try await daemon.waitFor("tmpfs/s", "queued")
      #expect(Set(["plain", "bound/inner"].map { daemon.state(of: $0) }) == ["queued", "same"])
    }
  }

  @Test(canMount)
  func `A file system that hangs holds up nothing else, and no orderly end`() async throws {
    guard try await Blechctl.run(["sh", "-c", "command -v bindfs && test -e /dev/fuse"]).exitCode == 0 else {
      print("skipped: needs bindfs and /dev/fuse")
      return
    }
    let status = try await RunningDaemon.run(
      wrapper: ["unshare", "-m", "--propagation", "private"], directories: ["fuse"]
    ) { daemon in
      try await daemon.wait("the daemon") { (try? daemon.status().daemon.state) == .watching }
      let pid = try daemon.identifier()
      let bindfs =
        "bindfs -f \(daemon.scratch.path("staging")) \(daemon.path("fuse")) >/dev/null 2>&1 & echo $!"
      let mounted = try await Blechctl.run(["nsenter", "-t", "\(pid)", "-m", "sh", "-euc", bindfs])
      let server = try #require(pid_t(mounted.output.trimmingCharacters(in: .whitespacesAndNewlines)))
      defer { kill(server, SIGKILL) }
      _ = try daemon.stage("s1")
      try await daemon.waitFor("fuse/s1", "queued")
      kill(server, SIGSTOP)
      try daemon.drop("s2")
      try await daemon.waitFor("s2", "queued")
      try await daemon.wait("the complaint") {
        try daemon.status().watches.contains { $0.problems.contains { $0.hasPrefix("does not answer") } }
      }
      try daemon.drop("s3")
      try await daemon.waitFor("s3", "queued")
      // It ends while the file system hangs.
      try daemon.send(.terminate)
      try await daemon.wait("the end") {
        !FileManager.default.fileExists(atPath: "/proc/\(pid)/ns")
          || daemon.log.last?.hasSuffix("stopped") == true
      }
    }
    #expect(status == .exited(0))
  }

  @Test(canLimitWatches)
  func `When the kernel gives no more watches, the rest is polled, and the log names the sysctl`()
    async throws
  {
    let wrapper = [
      "unshare", "-Ur", "sh", "-c", #"echo 20 > /proc/sys/user/max_inotify_watches; exec "$0" "$@""#,
    ]
    try await RunningDaemon.run(wrapper: wrapper, directories: (0..<40).map { "d\($0)" }) { daemon in
      try await daemon.wait("the warning") {
        daemon.log.contains { $0.contains("sysctl -w fs.inotify.max_user_watches=524288") }
      }
      try daemon.drop("d39/s1")
      try await daemon.waitFor("d39/s1", "queued")
      #expect(try daemon.status().watches[0].backend == "both")
      #expect(daemon.log.count { $0.contains("max_user_watches") } == 1)
    }
  }
}

private let canLimitWatches = ConditionTrait.enabled("limiting the kernel's watches needs a user namespace") {
  try await Blechctl.run(["unshare", "-Ur", "sh", "-c", "echo 20 > /proc/sys/user/max_inotify_watches"])
    .exitCode == 0
}

import FoundationEssentials
import SystemPackage
import TestSupport
import Testing

@testable import Watching

/// The scenarios, with a real kernel and real programs.
@Suite struct KernelTests {
  @Test(arguments: [
    "cp -r source data/s1", "mv source data/s1",
    "mkdir data/s1; for f in source/*; do cp $f data/s1; sleep 0.3; done",
    "tar -C source -cf source.tar .; mkdir data/s1; tar -C data/s1 -xf source.tar",
    "mkdir data/s1; for f in source/*; do ln $f data/s1; done",
    "mkdir -p data/s1; for f in source/*; do cp $f data/s1/.x; mv data/s1/.x data/s1/$(basename $f); done",
  ])
  func `A session is found however it comes`(script: String) async throws {
    try await KernelWorld.run { world in
      try world.makeSource("source")
      try await world.shell(script)
      try await world.waitUntilSettled(["s1"])
    }
  }

  @Test(.enabled("rsync is not installed", { KernelWorld.has("rsync") }))
  func `A session is found that rsync copies under temporary names`() async throws {
    try await KernelWorld.run { world in
      try world.makeSource("source", bytes: 2_000_000)
      try await world.shell("rsync -a --bwlimit=20000 source/ data/s1")
      try await world.waitUntilSettled(["s1"])
    }
  }

  @Test func `Whole trees that are moved within, out and back are followed`() async throws {
    try await KernelWorld.run { world in
      for name in ["a/s1", "a/b/s2", "a/b/c/s3"] { try world.makeSource("old/\(name)") }
      try await world.shell("mv old data/old")
      try await world.waitUntilSettled(["old/a/s1", "old/a/b/s2", "old/a/b/c/s3"])
      try await world.shell("mv data/old data/new")
      try await world.waitUntilSettled(["new/a/s1", "new/a/b/s2", "new/a/b/c/s3"])
      try await world.shell("mv data/new/a/b .")
      try await world.waitUntilSettled(["new/a/s1"])
      try await world.shell("mv b data/b; echo x >> data/b/s2/s.h5")
      try await world.waitUntilSettled(["new/a/s1", "b/s2", "b/c/s3"])
      try await world.shell("rm -r data/b")
      try await world.waitUntilSettled(["new/a/s1"])
    }
  }

  @Test func `Directories that are made faster than they can be watched are all found`() async throws {
    try await KernelWorld.run { world in
      var names: [String] = []
      for number in 0..<100 {
        let name = "a\(number)/b/c/d/e/f/s"
        try KernelWorld.makeSession(world.path(name))
        names.append(name)
      }
      try await world.waitUntilSettled(names)
    }
  }

  @Test func `A session that is deleted before it settles, and one that comes again`() async throws {
    // Long enough for a busy machine to delete it in time.
    try await KernelWorld.run(settle: .seconds(5)) { world in
      try KernelWorld.makeSession(world.path("s1"))
      try FileManager.default.removeItem(atPath: world.path("s1"))
      try KernelWorld.makeSession(world.path("s2"))
      try await world.waitUntilSettled(["s2"])
      #expect(world.timesSettled("s1") == 0)
      try KernelWorld.makeSession(world.path("s1"))
      try await world.waitUntilSettled(["s1", "s2"])
    }
  }

  @Test func `More events than the kernel keeps are made good by a rescan`() async throws {
    try await withScratchAsync { scratch in
      // No thread: nothing reads the events while they come.
      let calls = try LinuxCalls()
      var reports: [DirectoryReport] = []
      let tree = WatchedTree(
        WatchRoot(path: FilePath(scratch.path)), policy: WatchedWorld.policy,
        settings: WatchSettings(settle: .milliseconds(200)), mounts: MountTable(), calls: calls,
        clock: { .now },
        report: { reports.append($0) })
      for name in ["a", "b"] {
        try FileManager.default.createDirectory(
          atPath: scratch.path(name), withIntermediateDirectories: false)
      }
      repeat { tree.step() } while !tree.status.isScanned
      let limit = try #require(
        Int(
          String(
            decoding: Data(contentsOf: URL(filePath: "/proc/sys/fs/inotify/max_queued_events")), as: UTF8.self
          ).filter(\.isNumber)))
      // Two names in turn: the kernel merges equal events that follow each other.
      for number in 0...limit { try scratch.write(number % 2 == 0 ? "a/x" : "b/x", "") }
      try KernelWorld.makeSession(scratch.path("b/late"))
      while !reports.contains(where: { if case .settled = $0.state { true } else { false } }) {
        calls.wait(until: tree.nextStep)
        tree.step()
      }
      #expect(reports.allSatisfy { $0.path.string == scratch.path("b/late") })
      #expect(tree.status.problems == [.overflow])
    }
  }

  @Test func `A root that vanishes and returns`() async throws {
    try await KernelWorld.run { world in
      try KernelWorld.makeSession(world.path("s1"))
      try await world.waitUntilSettled(["s1"])
      try await world.shell("mv data gone")
      try await world.waitUntilSettled([])
      try await world.wait("the problem") {
        world.watcher.status[0].root.problems == [.missing(.noSuchFileOrDirectory)]
      }
      try await world.shell("mv gone data")
      try await world.waitUntilSettled(["s1"])
      #expect(world.watcher.status[0].root.problems.isEmpty)
    }
  }

  @Test func `Names of any bytes are watched like others`() async throws {
    try await KernelWorld.run { world in
      try await world.shell(
        #"d=$(printf 'data/\351t\351\n x'); mkdir "$d" "$d/s1"; for f in s.h5 s.info log.json; do echo 1 > "$d/s1/$f"; done"#
      )
      try await world.wait("one directory to settle") { world.settled.count == 1 }
      #expect(world.watcher.status[0].root.problems.isEmpty)
    }
  }

  @Test func `Symbolic links are not followed`() async throws {
    try await KernelWorld.run { world in
      try world.makeSource("elsewhere/s1")
      try await world.shell("ln -s ../elsewhere data/link; ln -s . data/loop")
      try KernelWorld.makeSession(world.path("s2"))
      try await world.waitUntilSettled(["s2"])
    }
  }

  @Test func `Polling finds the same`() async throws {
    let before: (Scratch) throws -> Void = { try KernelWorld.makeSession($0.path("data/a/s1")) }
    let body: @Sendable (KernelWorld) async throws -> Void = { world in
      try await world.waitUntilSettled(["a/s1"])
      #expect(world.watcher.status[0].root.backend == .polling)
      try await world.shell("mv data/a data/b")
      try await world.waitUntilSettled(["b/s1"])
    }
    try await KernelWorld.run(.polling, before: before, body)
  }

  @Test func `Events are told apart from looks: an .h5 that is opened and closed settles again`() async throws
  {
    try await KernelWorld.run { world in
      try KernelWorld.makeSession(world.path("s1"))
      try await world.waitUntilSettled(["s1"])
      let before = world.timesSettled("s1")
      try await world.shell("exec 3<> data/s1/s.h5; exec 3>&-")
      try await world.wait("settling again") { world.timesSettled("s1") > before }
    }
  }

  @Test func `A watcher that is stopped leaves no thread and no descriptor`() async throws {
    func descriptors() throws -> Int {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").filter { name in
        let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
        return target?.contains("mountinfo") == true
      }.count
    }
    _ = try descriptors()
    for _ in 0..<60 {
      try await KernelWorld.run { world in try KernelWorld.makeSession(world.path("s1")) }
    }
    // Others run at the same time; a leak of sixty would show.
    #expect(try descriptors() < 50)
  }
}

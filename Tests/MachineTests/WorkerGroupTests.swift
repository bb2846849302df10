import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import Machine

@Suite struct WorkerGroupTests {
  private func withGroup(
    _ limits: GroupLimits = GroupLimits(), busy times: Int = 0,
    _ body: (WorkerGroup, FakeGroups, _ name: String) async throws -> Void
  ) async throws {
    try await withScratchAsync { scratch in
      let fake = try FakeGroups(in: scratch)
      let groups = try await ControlGroups.take(fake.calls(busy: times))
      let group = try groups.makeGroup(limits)
      try await body(group, fake, String(group.path.dropFirst(scratch.path.count + 1)))
    }
  }

  @Test func `Limits are written as the kernel reads them`() async throws {
    let limits = GroupLimits(memoryBytes: 1 << 30, cpuPercent: 150, processes: 64, nice: 12)
    try await withGroup(limits) { _, fake, name in
      #expect(name == "\(FakeGroups.service)/worker-1")
      let files = [
        "memory.max", "memory.swap.max", "memory.oom.group", "cpu.max", "pids.max", "cpu.weight.nice",
      ]
      #expect(
        files.map { fake.text("\(name)/\($0)") } == ["1073741824", "0", "1", "150000 100000", "64", "12"])
    }
  }

  @Test func `What is not limited is not written`() async throws {
    try await withGroup { _, fake, name in
      let files = try FileManager.default.contentsOfDirectory(atPath: fake.scratch.path(name))
      #expect(files.isEmpty)
    }
  }

  @Test func `Each worker has a group of its own`() async throws {
    try await withScratchAsync { scratch in
      let groups = try await ControlGroups.take(try FakeGroups(in: scratch).calls())
      let made = try [groups.makeGroup(GroupLimits()), groups.makeGroup(GroupLimits())]
      #expect(made[0].path != made[1].path)
    }
  }

  @Test func `A name that is taken is passed over, but not for ever`() async throws {
    try await withScratchAsync { scratch in
      let fake = try FakeGroups(in: scratch)
      let groups = try await ControlGroups.take(fake.calls())
      for number in 1...3 { try fake.write("\(FakeGroups.service)/worker-\(number)/pids.max", "") }
      let group = try groups.makeGroup(GroupLimits())
      #expect(group.path.hasSuffix("/worker-4"))
      for number in 5...200 { try fake.write("\(FakeGroups.service)/worker-\(number)/pids.max", "") }
      let error = #expect(throws: ControlGroupObstacle.self) { try groups.makeGroup(GroupLimits()) }
      #expect(error?.description.contains("cannot make the group: File exists") == true)
    }
  }

  @Test func `A group that cannot be made is an error that names it`() async throws {
    try await withScratchAsync { scratch in
      let fake = try FakeGroups(in: scratch)
      let groups = try await ControlGroups.take(fake.calls())
      try FileManager.default.removeItem(atPath: scratch.path(FakeGroups.service))
      let error = #expect(throws: ControlGroupObstacle.self) { try groups.makeGroup(GroupLimits()) }
      #expect(error?.description.contains("/worker-1: cannot make the group: No such file") == true)
    }
  }

  @Test func `What a group took is read from the kernel's files`() async throws {
    try await withGroup { group, fake, name in
      #expect(group.cpuSeconds == nil && group.memoryKill == nil)
      try fake.write("\(name)/cpu.stat", "usage_usec 1500000\nuser_usec 1\nsystem_usec 2\n")
      #expect(group.cpuSeconds == 1.5)
    }
  }

  @Test(
    arguments: [(0, 0, nil), (2, 0, nil), (0, 1, .outside), (1, 1, .ownBound)] as [(Int, Int, MemoryKill?)])
  func `A kill for the group's own bound is told from one for the machine's memory`(
    reached: Int, killed: Int, kill: MemoryKill?
  ) async throws {
    try await withGroup { group, fake, name in
      try fake.write(
        "\(name)/memory.events",
        "low 0\nhigh 0\nmax 7\noom \(reached)\noom_kill \(killed)\noom_group_kill 1\n")
      #expect(group.memoryKill == kill)
    }
  }

  @Test func `All of a group is killed at once where the kernel can`() async throws {
    try await withGroup { group, fake, name in
      let other = try Sleeper()
      defer { other.end() }
      try fake.write("\(name)/cgroup.kill", "")
      try fake.write("\(name)/cgroup.procs", "\(other.process)\n")
      group.killAll()
      #expect(fake.text("\(name)/cgroup.kill") == "1")
      #expect(kill(other.process, 0) == 0)
    }
  }

  @Test func `Without cgroup.kill each process is killed`() async throws {
    try await withGroup { group, fake, name in
      let children = try [Sleeper(), Sleeper()]
      try fake.write("\(name)/cgroup.procs", children.map { "\($0.process)\n" }.joined())
      group.killAll()
      #expect(children.map { $0.waitForSignal() } == [SIGKILL, SIGKILL])
    }
  }

  @Test(arguments: [(0, true), (4, true), (1000, false)])
  func `A group is removed when the kernel lets it go, which is waited for in bounds`(
    busy: Int, isRemoved: Bool
  ) async throws {
    try await withGroup(busy: busy) { group, fake, name in
      #expect(await group.remove() == isRemoved)
      #expect(fake.exists(name) == !isRemoved)
    }
  }
}

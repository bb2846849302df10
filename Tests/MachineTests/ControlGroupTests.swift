import CLinux
import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import Machine

@Suite struct ControlGroupTests {
  private func obstacle(
    _ make: (Scratch) throws -> FakeGroups
  ) async throws -> ControlGroupObstacle? {
    try await withScratchAsync { scratch in
      let groups = try make(scratch)
      return await #expect(throws: ControlGroupObstacle.self) {
        _ = try await ControlGroups.take(groups.calls())
      }
    }
  }

  // MARK: Taking over

  @Test func `A group of one's own is taken over: its process goes to a leaf, its controllers are handed on`()
    async throws
  {
    try await withScratchAsync { scratch in
      let fake = try FakeGroups(in: scratch)
      let groups = try await ControlGroups.take(fake.calls())
      #expect(groups.name == FakeGroups.name)
      #expect(fake.text("\(FakeGroups.service)/main/cgroup.procs") == "4242\n")
      #expect(fake.text("\(FakeGroups.service)/cgroup.subtree_control") == "+cpu +memory +pids +io")
    }
  }

  @Test func `What is welcome but not offered is not asked for`() async throws {
    try await withScratchAsync { scratch in
      let fake = try FakeGroups(in: scratch, controllers: "pids memory cpu\n")
      _ = try await ControlGroups.take(fake.calls())
      #expect(fake.text("\(FakeGroups.service)/cgroup.subtree_control") == "+cpu +memory +pids")
    }
  }

  @Test func `All that runs in a group that systemd has marked is moved`() async throws {
    try await withScratchAsync { scratch in
      let fake = try FakeGroups(in: scratch, processes: "17\n4242\n0\n99\n")
      try #require(setxattr(scratch.path(FakeGroups.service), "user.delegate", "1", 1, 0) == 0)
      _ = try await ControlGroups.take(fake.calls())
      #expect(fake.text("\(FakeGroups.service)/main/cgroup.procs") == "17\n4242\n99\n")
    }
  }

  @Test func `A process that is in the leaf already takes the group around it`() async throws {
    try await withScratchAsync { scratch in
      let fake = try FakeGroups(in: scratch, own: "\(FakeGroups.name)/main", processes: "")
      try fake.write("\(FakeGroups.service)/main/cgroup.procs", "4242\n")
      let groups = try await ControlGroups.take(fake.calls())
      #expect(groups.name == FakeGroups.name)
      #expect(fake.text("\(FakeGroups.service)/main/cgroup.procs") == "4242\n")
      #expect(!fake.exists("\(FakeGroups.service)/main/main"))
    }
  }

  @Test func `A hierarchy that is mounted from a group on is found by what lies below`() async throws {
    try await withScratchAsync { scratch in
      let mounts = "31 27 0:38 /lab /cgroup/lab rw,nosuid - cgroup2 cgroup2 rw\n"
      let fake = try FakeGroups(in: scratch, mounts: mounts)
      let groups = try await ControlGroups.take(fake.calls())
      #expect(groups.name == FakeGroups.name)
    }
  }

  @Test func `What an earlier daemon has left is killed and removed, and nothing else`() async throws {
    try await withScratchAsync { scratch in
      let fake = try FakeGroups(in: scratch)
      try fake.write("\(FakeGroups.service)/worker-3/cgroup.procs", "")
      try fake.write("\(FakeGroups.service)/another/cgroup.procs", "")
      let left = try Sleeper()
      try fake.write("\(FakeGroups.service)/worker-7/cgroup.procs", "\(left.process)\n")
      _ = try await ControlGroups.take(fake.calls(busy: 3))
      #expect(left.waitForSignal() == SIGKILL)
      let isLeft = ["worker-3", "worker-7", "another"].map { fake.exists("\(FakeGroups.service)/\($0)") }
      #expect(isLeft == [false, false, true])
    }
  }

  // MARK: Why not

  @Test func `Without the unified hierarchy there is nothing to take`() async throws {
    let unmounted = try await obstacle {
      try FakeGroups(in: $0, mounts: "33 27 0:40 / /old rw - cgroup cgroup rw,memory\n")
    }
    #expect(unmounted == .noHierarchy)
    let unnamed = try await obstacle { scratch in
      let groups = try FakeGroups(in: scratch)
      try groups.write("proc/self/cgroup", "4:memory:/lab\n")
      return groups
    }
    #expect(unnamed == .noHierarchy)
  }

  @Test(arguments: ["/../other", "/elsewhere/blechd.service"])
  func `A group that is not visible here is named`(own: String) async throws {
    let mounts = "31 27 0:38 /lab /cgroup rw,nosuid - cgroup2 cgroup2 rw\n"
    let found = try await obstacle { try FakeGroups(in: $0, own: own, mounts: mounts) }
    #expect(found == .outOfSight(own))
  }

  @Test func `Controllers that are kept back are named`() async throws {
    let found = try await obstacle { try FakeGroups(in: $0, controllers: "cpuset memory\n") }
    #expect(found == .controllersMissing(group: FakeGroups.name, ["cpu", "pids"]))
  }

  @Test func `The machine's own group is not taken`() async throws {
    let found = try await obstacle { scratch in
      let groups = try FakeGroups(in: scratch)
      try FileManager.default.removeItem(atPath: scratch.path("\(FakeGroups.service)/cgroup.type"))
      return groups
    }
    #expect(found == .notDelegated(group: FakeGroups.name, why: "it is the machine's own"))
  }

  @Test(.enabled("root may write everywhere") { geteuid() != 0 })
  func `A group that is somebody else's to write is not delegated`() async throws {
    let found = try await obstacle { scratch in
      let groups = try FakeGroups(in: scratch)
      chmod(scratch.path("\(FakeGroups.service)/cgroup.procs"), 0o444)
      return groups
    }
    #expect(found?.description.contains("not delegated") == true)
  }

  @Test func `Nobody else is moved from a group that is not marked`() async throws {
    let found = try await obstacle { try FakeGroups(in: $0, processes: "1\n4242\n") }
    #expect(found == .notDelegated(group: FakeGroups.name, why: "other processes run in it"))
  }

  @Test func `What the machine offers is told without taking anything`() throws {
    try withScratch { scratch in
      let fake = try FakeGroups(in: scratch)
      #expect(
        ControlGroups.obstacle(below: scratch.path)
          == .controllersMissing(group: "/", ["cpu", "memory", "pids"]))
      try fake.write("cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids\n")
      #expect(ControlGroups.obstacle(below: scratch.path) == nil)
      #expect(!fake.exists("\(FakeGroups.service)/main"))
      try fake.write("proc/self/mountinfo", "")
      #expect(ControlGroups.obstacle(below: scratch.path) == .noHierarchy)
    }
  }
}

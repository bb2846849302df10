import FileAccess
import FoundationEssentials
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Machine

@Suite(.timeLimit(.minutes(5))) struct MachineTests {
  @Test func `Pressure is what some processes had to wait in the last ten seconds`() throws {
    try withScratch { scratch in
      let fake = try FakeGroups(in: scratch)
      try fake.write(
        "proc/pressure/memory",
        "some avg10=12.34 avg60=5.00 avg300=1.00 total=7\nfull avg10=1.00 avg60=0 avg300=0 total=1\n")
      try fake.write("proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n")
      try fake.write("proc/pressure/io", "nonsense\n")
      #expect(Pressure.now(below: scratch.path) == Pressure(cpuPercent: 0, memoryPercent: 12.34))
    }
    try withScratch { #expect(Pressure.now(below: $0.path) == Pressure()) }
  }

  @Test(
    arguments: [
      ([:], 8000 * 1024), (["": "max", "/lab": "max"], 8000 * 1024), (["/lab": "4096000"], 4_096_000),
      ([FakeGroups.name: "2048000", "/lab": "4096000"], 2_048_000),
      ([FakeGroups.name: "9999999999"], 8000 * 1024),
    ] as [([String: String], Int)])
  func `Memory is the machine's, or the least that a group around us leaves`(
    bounds: [String: String], bytes: Int
  ) throws {
    try withScratch { scratch in
      let fake = try FakeGroups(in: scratch)
      try fake.write("proc/meminfo", "MemTotal:        8000 kB\nMemFree: 1 kB\n")
      for (group, bound) in bounds { try fake.write("cgroup\(group)/memory.max", bound + "\n") }
      #expect(MachineMemory.totalBytes(below: scratch.path) == bytes)
    }
  }

  @Test func `This machine has memory, processors and disks`() throws {
    #expect(MachineMemory.totalBytes > 1 << 26)
    let allowed = Processors.allowed
    #expect((1...sysconf(Int32(_SC_NPROCESSORS_CONF))).contains(allowed.count))
    #expect(allowed == Set(allowed).sorted())
    let error = #expect(throws: FileError.self) { try FreeDisk.bytes(at: "/no/such/place") }
    #expect(error?.path == "/no/such/place")
  }

  @Test func `What is written is not free any more, by its bytes`() throws {
    // In memory: little else is written there.
    let path = "/dev/shm/blechd-\(UUID().uuidString)"
    let file = try FileDescriptor.open(
      FilePath(path), .writeOnly, options: [.create, .exclusiveCreate], permissions: .ownerReadWrite)
    defer { try? file.close() }
    try #require(unlink(path) == 0)
    let before = try FreeDisk.bytes(at: "/dev/shm")
    let written = 16 << 20
    try #require(posix_fallocate(file.rawValue, 0, off_t(written)) == 0)
    let taken = before - (try FreeDisk.bytes(at: "/dev/shm"))
    #expect((written / 2...written * 2).contains(taken))
  }

  @Test func `A process's memory is known, and that it is gone`() throws {
    let resident = try #require(ProcessMemory.resident(of: getpid()))
    #expect(resident > 1_000_000)
    let peak = try #require(ProcessMemory.ownPeak)
    #expect(peak > 1_000_000)
    #expect(ProcessMemory.resident(of: .max) == nil)
    #expect(ProcessTime.cpuSeconds(of: .max) == nil)
  }

  @Test func `A process that has ended has no memory, but its time is known until its status is asked for`()
    throws
  {
    let seconds = try #require(ProcessTime.cpuSeconds(of: getpid()))
    #expect(seconds > 0)
    let child = try Sleeper()
    kill(child.process, SIGKILL)
    var state = siginfo_t()
    waitid(P_PID, id_t(child.process), &state, WEXITED | WNOWAIT)
    #expect(ProcessTime.cpuSeconds(of: child.process) != nil)
    #expect(ProcessMemory.resident(of: child.process) == nil)
    #expect(child.waitForSignal() == SIGKILL)
  }

  @Test(.enabled("the kernel lists no children") { hasChildLists })
  func `What a process has started is found, and counted with it`() throws {
    let children = try [Sleeper(), Sleeper()]
    defer { for child in children { child.end() } }
    let members = ProcessTree.members(of: getpid())
    #expect(members.first == getpid() && Set(members).isSuperset(of: children.map(\.process)))
    #expect(ProcessTree.members(of: children[0].process) == [children[0].process])
    // They may be starting still, and grow.
    var (each, together): ([Int], Int?) = ([], nil)
    while each.isEmpty || together != each.reduce(0, +) {
      each = try children.map { try #require(ProcessMemory.resident(of: $0.process)) }
      together = ProcessMemory.resident(of: children.map(\.process) + [.max])
    }
    #expect(each.allSatisfy { $0 > 0 })
    #expect(ProcessMemory.resident(of: [.max]) == nil && ProcessTime.cpuSeconds(of: [.max]) == nil)
    #expect(ProcessTree.members(of: .max) == [.max])
  }

  private static var hasChildLists: Bool {
    FileManager.default.fileExists(atPath: "/proc/self/task/\(getpid())/children")
  }

  @Test func `A name with brackets and blanks does not move the fields`() {
    let stat = "12 (a) b (c) S 1 12 12 0 -1 4194560 100 200 0 0 5 6 70 80 20 0 1 0 9 1 2\n"
    #expect(ProcessTime.ticks(in: stat) == 161)
    #expect(ProcessTime.ticks(in: "12 (a") == nil && ProcessTime.ticks(in: "12 (a) S 1 2") == nil)
  }
}

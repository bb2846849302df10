import Testing

@testable import Leases

/// What one process can tell of another one's lease.
struct VerdictTests {
  private static let own = LeaseHolder(
    host: "rig1", machine: "m1", boot: "b1", processes: 1, pid: 10, started: 100, program: "blechd",
    acquired: "2026-05-01T12:00:00Z", nonce: "n")

  private static func other(_ change: (inout LeaseHolder) -> Void) -> LeaseHolder {
    var holder = own
    holder.pid = 20
    holder.started = 200
    change(&holder)
    return holder
  }

  /// Process 20 began at 200.
  private static func start(of pid: Int32) -> UInt64? { pid == 20 ? 200 : nil }

  @Test(arguments: [
    (other { _ in }, LeaseVerdict.live),
    // Another process has got its number since.
    (other { $0.started = 150 }, .stale),
    (other { $0.pid = 21 }, .stale),
    // The machine has been started anew.
    (other { $0.boot = "b0" }, .stale),
    // Machines without a number may be two.
    (other { $0.boot = "b0" }, .stale),
    (other { $0.host = "rig2" }, .byAge),
    (other { $0.machine = "m2" }, .byAge),
    // In a container, 20 is another process.
    (other { $0.processes = 2 }, .byAge),
    (other { ($0.host, $0.pid) = ("rig2", 21) }, .byAge),
  ])
  func `a holder on this machine is asked, every other one counts while it refreshes`(
    _ holder: LeaseHolder, _ verdict: LeaseVerdict
  ) {
    #expect(holder.verdict(seenBy: Self.own, startOf: Self.start) == verdict)
  }

  @Test func `without a machine's number another start of it may be another machine`() {
    var (own, other) = (Self.own, Self.other { $0.boot = "b0" })
    (own.machine, other.machine) = ("", "")
    #expect(other.verdict(seenBy: own, startOf: Self.start) == .byAge)
  }

  @Test func `this process is known by its number and its start`() {
    let process = ThisProcess()
    #expect(process.pid > 0)
    #expect(process.started > 0)
    #expect(ThisProcess.start(of: process.pid) == process.started)
    #expect(ThisProcess.start(of: .max) == nil)
    #expect(process.processes > 0)
    #expect(!process.boot.isEmpty)
    #expect(!process.host.isEmpty)
    #expect(process.lease(program: "x").nonce != process.lease(program: "x").nonce)
  }
}

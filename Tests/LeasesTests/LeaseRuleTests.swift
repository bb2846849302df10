import Foundation
import Testing

@testable import Leases

/// Which lease counts, over values alone.
@Suite struct LeaseRuleTests {
  private static let here = ProcessIdentity(
    host: "rig1", machine: "m1", boot: "b1", pidNamespace: 7, pid: 100, started: 1000)

  private static func record(_ change: (inout ProcessIdentity) -> Void) -> LeaseContent {
    var record = LeaseRecord(program: "blechd")
    record.process = here
    record.process.pid = 42
    record.process.started = 500
    change(&record.process)
    return .record(record)
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var content: LeaseContent
    var process = ProcessState.ended
    var minutes: Double?
    var standing: LeaseStanding
    var here = LeaseRuleTests.here

    init(
      _ description: String, _ content: LeaseContent, _ process: ProcessState = .ended, minutes: Double? = 0,
      _ standing: LeaseStanding, here: ProcessIdentity = LeaseRuleTests.here
    ) {
      testDescription = description
      (self.content, self.process, self.minutes) = (content, process, minutes)
      (self.standing, self.here) = (standing, here)
    }
  }

  private static let unknownHere: ProcessIdentity = {
    var here = LeaseRuleTests.here
    here.pidNamespace = nil
    return here
  }()

  @Test(arguments: [
    Case("its process runs", record { _ in }, .running(started: 500), .live),
    Case("its process runs and is old", record { _ in }, .running(started: 500), minutes: 1000, .live),
    Case("its process has ended", record { _ in }, .ended, .stale(.processEnded)),
    Case("its number was given to another", record { _ in }, .running(started: 501), .stale(.processEnded)),
    Case("since when its process runs is hidden", record { _ in }, .running(started: nil), .live),
    Case(
      "since when its process ran was hidden", record { $0.started = nil }, .running(started: 501), .live),
    Case(
      "the host was started again", record { $0.boot = "b0" }, .running(started: 500), .stale(.hostRestarted)),
    Case(
      "another host of the same name", record { ($0.boot, $0.machine) = ("b0", "m2") }, .ended, .live),
    Case(
      "another host of the same name, silent", record { ($0.boot, $0.machine) = ("b0", "m2") }, .ended,
      minutes: 10.1, .stale(.silent)),
    Case(
      "hosts of one name that cannot be told apart", record { ($0.boot, $0.machine) = ("b0", nil) }, .ended,
      .live),
    Case("another host", record { ($0.host, $0.boot) = ("rig2", "b2") }, .ended, .live),
    Case("another host, ten minutes ago", record { $0.host = "rig2" }, .ended, minutes: 10, .live),
    Case(
      "another host, more than ten minutes ago", record { $0.host = "rig2" }, .running(started: 500),
      minutes: 10.1, .stale(.silent)),
    Case("another host, in the future", record { $0.host = "rig2" }, .ended, minutes: -1000, .live),
    Case("another host, nobody knows when", record { $0.host = "rig2" }, .ended, minutes: nil, .live),
    Case("another container", record { $0.pidNamespace = 8 }, .ended, .live),
    Case(
      "another container, silent", record { $0.pidNamespace = 8 }, .running(started: 500), minutes: 11,
      .stale(.silent)),
    Case("its namespace is not known", record { $0.pidNamespace = nil }, .ended, .live),
    Case("our namespace is not known", record { $0.pidNamespace = nil }, .ended, .live, here: unknownHere),
    Case("its boot is not known", record { $0.boot = nil }, .ended, .live),
    Case("no names", record { $0.host = "" }, .ended, .live),
    Case("unreadable", .unreadable, .ended, .live),
    Case("unreadable, ten minutes ago", .unreadable, .ended, minutes: 10, .live),
    Case("unreadable, more than ten minutes ago", .unreadable, .ended, minutes: 10.1, .stale(.silent)),
    Case("unreadable, nobody knows when", .unreadable, .ended, minutes: nil, .live),
  ]) func `Whether a lease counts is decided by who holds it and when it was refreshed`(lease: Case) {
    let standing = lease.content.standing(
      from: lease.here, process: lease.process, age: lease.minutes.map { .seconds($0 * 60) },
      limit: LeaseTimes().staleAfter)
    #expect(standing == lease.standing)
  }

  @Test func `A record survives its file, and its last byte can be written again`() {
    var record = LeaseRecord(program: String(repeating: "\u{1}", count: 1000))
    record.process.host = String(repeating: "\u{1F9E0}", count: 64)
    #expect(record.bytes.count == LeaseContent.length)
    #expect(record.bytes.last == UInt8(ascii: "\n"))
    #expect(LeaseContent(record.bytes) == .record(record))
  }

  @Test(arguments: [
    "", " ", "{}", "null", "[[[[", "{\"version\": 2}", String(repeating: "[", count: 4096), "\u{0}\u{0}",
  ]) func `What is no record is not taken for one`(text: String) {
    #expect(LeaseContent(Array(text.utf8)) == .unreadable)
  }

  @Test func `Records of other versions, of no process or that are too long are not read`() throws {
    let record = LeaseRecord(program: "blechd")
    var other = record
    other.version = 2
    #expect(LeaseContent(other.bytes) == .unreadable)
    for pid: Int32 in [0, -1] {
      other = record
      other.process.pid = pid
      #expect(LeaseContent(other.bytes) == .unreadable)
    }
    let filling = Array(repeating: UInt8(ascii: " "), count: LeaseContent.longest - LeaseContent.length)
    #expect(LeaseContent(record.bytes + filling) == .record(record))
    #expect(LeaseContent(record.bytes + filling + [32]) == .unreadable)
  }
}

@Suite struct ProcessIdentityTests {
  @Test func `This process is known as running, and by its start`() throws {
    let own = ProcessIdentity.own()
    #expect(own.pid == getpid() && !own.host.isEmpty)
    #expect(own.started != nil && own.boot != nil && own.pidNamespace != nil)
    #expect(ProcessState(of: own.pid) == .running(started: own.started))
    #expect(own.place(from: .own()) == .sameSystem)
  }

  @Test func `A process that has ended is known as ended before and after its parent notices`() throws {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sleep")
    process.arguments = ["1000"]
    try process.run()
    let pid = process.processIdentifier
    #expect(ProcessState(of: pid).started != nil)
    kill(pid, SIGKILL)
    process.waitUntilExit()
    #expect(ProcessState(of: pid) == .ended)
  }

  @Test(
    arguments: [
      ("1 (a) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 777 0", ProcessStatus(started: 777, hasEnded: false)),
      ("1 (a) R 9) b) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 4 0 778 0", .init(started: 778, hasEnded: false)),
      ("1 (a) Z 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 779 0", .init(started: 779, hasEnded: true)),
      ("1 (a) Z 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 3 0 780 0", .init(started: 780, hasEnded: false)),
      ("1 (a) S 1 1", nil), ("", nil), ("1 a S", nil),
    ] as [(String, ProcessStatus?)])
  func `The kernel's line about a process is understood`(line: String, status: ProcessStatus?) {
    #expect(ProcessStatus(line) == status)
  }
}

import Glibc
import TestSupport
import Testing
import Vocabulary

@testable import Control

@Suite struct AuthorityTests {
  private static let lab = Steerers.Group.known(name: "lab", id: 4321)
  private static let lost = Steerers.Group.unknown(name: "lab", why: "this machine has no such group")

  struct Case: Sendable {
    let peer: Peer
    let group: Steerers.Group
    let maySteer: Bool

    init(_ uid: UInt32, _ gid: UInt32, _ groups: [UInt32], _ group: Steerers.Group, _ maySteer: Bool) {
      peer = Peer(uid: uid, gid: gid, pid: 1, groups: groups)
      self.group = group
      self.maySteer = maySteer
    }
  }

  /// The daemon's user is 990, of the group 990.
  static let cases = [
    Case(0, 0, [], .none, true), Case(0, 5, [], lab, true), Case(0, 0, [], lost, true),
    Case(990, 990, [], .none, true), Case(990, 5, [], lab, true), Case(990, 990, [], lost, true),
    Case(1000, 1000, [], .none, false), Case(1000, 1000, [], lab, false), Case(1000, 1000, [], lost, false),
    // The lab's group as the first of who asks, and as any of the others.
    Case(1000, 4321, [], lab, true), Case(1000, 1000, [4321], lab, true),
    Case(1000, 1000, [27, 4321, 100], lab, true), Case(1000, 1000, [4321], .none, false),
    Case(1000, 4321, [4321], lost, false),
    // Other groups give nothing, not even the daemon's and root's; a user's number is no group's.
    Case(1000, 990, [990], lab, false), Case(1000, 0, [0], lab, false), Case(4321, 1000, [], lab, false),
    Case(1000, 1000, [432, 43210], lab, false),
  ]

  @Test(arguments: cases) func `Root, the daemon's user and one group may steer`(row: Case) {
    let steerers = Steerers(daemon: 990, group: row.group)
    for (verb, _) in ProtocolTests.verbs {
      let refusal = steerers.refusal(of: row.peer, for: verb)
      let may = row.maySteer || verb == .status || verb == .why(directory: "/a")
      #expect((refusal == nil) == may, "\(verb)")
      #expect(refusal?.code == (may ? nil : .notPermitted))
    }
  }

  @Test func `Who is refused is told what it takes`() {
    let peer = Peer(uid: 1000, gid: 1000, pid: 1, groups: [])
    func text(_ group: Steerers.Group, _ verb: ControlRequest.Verb) -> String? {
      Steerers(daemon: 990, group: group).refusal(of: peer, for: verb)?.description
    }
    #expect(
      text(.none, .pause)
        == "pause: needs root, or the user that the daemon runs as; sudo blechctl pause, or name a group of yours in "
        + "control_group of the daemon's configuration")
    #expect(
      text(Self.lab, .retry(directory: "/a"))
        == "retry: needs root, the user that the daemon runs as, or membership of the group lab; sudo blechctl retry ..., "
        + "or have an administrator add you to it, sudo usermod -aG lab USER, and log in anew")
    #expect(
      text(Self.lost, .processBacklog)
        == "process --backlog: needs root, or the user that the daemon runs as, since its control_group, lab, is not known: "
        + "this machine has no such group; sudo blechctl process --backlog, or have control_group of the daemon's "
        + "configuration put right")
  }

  @Test(.enabled(if: geteuid() == 0, "only root can be another user"))
  func `The kernel tells another user's groups, the first and the others`() async {
    await #expect(processExitsWith: .success) {
      let steerers = Steerers(daemon: geteuid(), group: .known(name: "lab", id: 4321))
      let handler: ControlServer.Handler = { request, peer in
        steerers.refusal(of: peer, for: request.verb).map { .failure($0) } ?? .success(Array("1".utf8))
      }
      try await withServer(handler: handler) { path in
        chmod(String(path.dropLast("/control.sock".count)), 0o755)
        func mayPause(gid: gid_t, groups: [gid_t]) async -> Bool {
          #expect(setgroups(groups.count, groups) == 0 && setegid(gid) == 0 && seteuid(65534) == 0)
          let client = ControlClient(path: path)
          let reads = try? await client.ask(.status, timeout: .patience)
          #expect(reads == Array("1".utf8))
          let pauses = try? await client.ask(.pause, timeout: .patience)
          #expect(seteuid(0) == 0 && setegid(0) == 0)
          return pauses != nil
        }
        #expect(await !mayPause(gid: 65534, groups: []))
        #expect(await !mayPause(gid: 65534, groups: [4320, 4322]))
        #expect(await mayPause(gid: 65534, groups: [4320, 4321]))
        #expect(await mayPause(gid: 4321, groups: []))
        let root = try await ControlClient(path: path).ask(.pause, timeout: .patience)
        #expect(root == Array("1".utf8))
      }
    }
  }
}

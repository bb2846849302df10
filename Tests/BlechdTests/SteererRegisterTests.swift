import Control
import Synchronization
import Testing

@testable import blechd

/// A machine whose groups change.
private final class Groups: Sendable {
  private let answers: Mutex<[String: AccountDirectory.Answer<UInt32>]>
  private let asked = Mutex<[String]>([])

  init(_ answers: [String: AccountDirectory.Answer<UInt32>] = [:]) { self.answers = Mutex(answers) }

  var questions: [String] { asked.withLock { $0 } }

  func add(_ name: String, _ id: UInt32) { answers.withLock { $0[name] = .found(id) } }

  func find(_ name: String) -> AccountDirectory.Answer<UInt32> {
    asked.withLock { $0.append(name) }
    return answers.withLock { $0[name] ?? .absent }
  }
}

@Suite struct SteererRegisterTests {
  private let log = MemoryLog()
  private let inOneMinute = ContinuousClock.now + .seconds(61)

  private func register(_ groups: Groups, _ name: String?) -> SteererRegister {
    SteererRegister(daemon: 990, group: name, log: log.logger) { groups.find($0) }
  }

  @Test func `Without a group nobody is asked for one`() async {
    let groups = Groups()
    #expect(await register(groups, nil).current() == Steerers(daemon: 990, group: .none))
    #expect(groups.questions.isEmpty && log.lines.isEmpty)
  }

  @Test func `A group that is known is looked up once, and again with each configuration`() async {
    let groups = Groups(["lab": .found(7), "other": .found(8)])
    let register = register(groups, "lab")
    for _ in 0..<3 { #expect(await register.current().group == .known(name: "lab", id: 7)) }
    let later = await register.current(at: inOneMinute)
    #expect(later.group == .known(name: "lab", id: 7))
    #expect(groups.questions == ["lab"])
    groups.add("lab", 9)
    await register.use(group: "lab")
    #expect(await register.current().group == .known(name: "lab", id: 9))
    await register.use(group: "other")
    #expect(await register.current().group == .known(name: "other", id: 8))
    await register.use(group: nil)
    #expect(await register.current().group == .none)
    #expect(groups.questions == ["lab", "lab", "other"] && log.lines.isEmpty)
  }

  @Test func `A group that is not known is warned of once, and looked for again after a minute`() async {
    let groups = Groups()
    let register = register(groups, "lab")
    let lost = Steerers.Group.unknown(name: "lab", why: "this machine has no such group")
    // A busy machine may take a minute for a few lines.
    let start = ContinuousClock.now
    for _ in 0..<3 { #expect(await register.current(at: start).group == lost) }
    #expect(groups.questions == ["lab"])
    let again = await register.current(at: inOneMinute)
    #expect(again.group == lost && groups.questions == ["lab", "lab"])
    #expect(
      log.lines == [
        "warning: control_group: lab: this machine has no such group; until it is found, only root and the daemon's own "
          + "user may steer (sudo groupadd lab makes a group)"
      ])
    groups.add("lab", 7)
    let found = await register.current(at: .now + .seconds(61))
    #expect(found.group == .known(name: "lab", id: 7))
    #expect(log.lines.last == "notice: members of the group lab may steer from now on")
    #expect(log.lines.count == 2)
  }

  @Test func `A directory that does not answer makes nobody a member`() async {
    let groups = Groups(["lab": .unknown(why: "there was no answer within 5 seconds")])
    let group = await register(groups, "lab").current().group
    #expect(
      group
        == .unknown(
          name: "lab", why: "it could not be looked up: there was no answer within 5 seconds"))
  }

  @Test func `A group of an earlier configuration is not taken for the present one`() async {
    let (release, begun) = (AsyncStream<Void>.makeStream(), AsyncStream<Void>.makeStream())
    let register = SteererRegister(daemon: 990, group: "slow", log: log.logger) { name in
      if name == "slow" {
        begun.continuation.yield()
        for await _ in release.stream {}
      }
      return .found(name == "slow" ? 7 : 8)
    }
    async let first = register.current()
    for await _ in begun.stream { break }
    await register.use(group: "fast")
    let fast = Steerers.Group.known(name: "fast", id: 8)
    #expect(await register.current().group == fast)
    release.continuation.finish()
    // Who asked before is judged by what holds now.
    #expect(await first.group == fast)
    #expect(await register.current().group == fast)
  }
}

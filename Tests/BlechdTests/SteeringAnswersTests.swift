import Control
import Reporting
import Synchronization
import SystemPackage
import Testing
import Vocabulary

@testable import blechd

@Suite struct SteeringAnswersTests {
  private final class Acts: Sendable {
    private let done = Mutex<[String]>([])
    var names: [String] { done.withLock { $0 } }

    func add(_ name: String) { done.withLock { $0.append(name) } }

    /// Each act notes its name; `refused` is thrown where there is one.
    func steering(_ refused: Failure? = nil) -> Steering {
      func session(_ verb: SteeringAnswer.Verb) -> Steering.ToSession {
        { [self] directory throws(Failure) in
          add("\(verb.rawValue) \(directory)")
          if let refused { throw refused }
          return SteeringAnswer(verb, sessions: [directory.string], message: "\(directory) is taken")
        }
      }
      func daemon(_ verb: SteeringAnswer.Verb) -> Steering.ToDaemon {
        { [self] () throws(Failure) in
          add(verb.rawValue)
          if let refused { throw refused }
          return SteeringAnswer(verb, message: "it is done")
        }
      }
      return Steering(
        retry: session(.retry), retrain: session(.retrain), cancel: session(.cancel), first: session(.first),
        pause: daemon(.pause), resume: daemon(.resume), process: session(.process),
        processBacklog: daemon(.processBacklog), reload: daemon(.reload))
    }
  }

  private let acts = Acts()
  private let log = MemoryLog()
  private let root = Peer(uid: 0, gid: 0, pid: 1, groups: [])
  private let student = Peer(uid: 3_999_999_999, gid: 1000, pid: 1, groups: [7])

  private func answers(
    _ refused: Failure? = nil, group: String? = nil, isStopping: Bool = false
  ) -> SteeringAnswers {
    SteeringAnswers(
      steering: acts.steering(refused),
      steerers: SteererRegister(daemon: 990, group: group, log: log.logger) { _ in .found(7) },
      accounts: AccountDirectory(limit: .seconds(600)),
      refusals: RefusalLog(log: log.logger, interval: .seconds(600)), isStopping: { isStopping },
      log: log.logger)
  }

  private static let verbs: [(ControlRequest.Verb, String)] = [
    (.retry(directory: "/a"), "retry /a"), (.retrain(directory: "/a"), "retrain /a"),
    (.cancel(directory: "/a"), "cancel /a"), (.first(directory: "/a"), "first /a"), (.pause, "pause"),
    (.resume, "resume"), (.process(directory: "/a"), "process /a"), (.processBacklog, "process_backlog"),
    (.reload, "reload"),
  ]

  @Test(arguments: verbs) func `Each verb has its own act`(verb: ControlRequest.Verb, act: String)
    async throws
  {
    let answer = try await answers().answer(verb, root)
    #expect(acts.names == [act])
    #expect(act.hasPrefix(answer.verb.rawValue))
    #expect(answer.sessions == (verb.directory.map { [$0] } ?? []))
  }

  @Test(arguments: verbs) func `What is asked of a daemon that ends is refused, as nobody would remember it`(
    verb: ControlRequest.Verb, act: String
  ) async {
    let failure = await #expect(throws: Failure.self) {
      try await answers(isStopping: true).answer(verb, root)
    }
    #expect(failure?.code == .temporary && failure?.what == "is stopping")
    #expect(acts.names.isEmpty)
  }

  @Test(arguments: verbs) func `Who may not steer has nothing done`(verb: ControlRequest.Verb, act: String)
    async
  {
    let failure = await #expect(throws: Failure.self) { try await answers().answer(verb, student) }
    #expect(failure?.code == .notPermitted)
    #expect(acts.names.isEmpty)
    #expect(log.lines.count == 1)
    #expect(
      log.lines.first?.hasPrefix(
        "notice: user 3999999999 has asked for \(verb.command)\(verb.directory.map { " \($0)" } ?? ""), which was not "
          + "done: \(verb.command): needs root") == true)
  }

  @Test func `Whoever is refused again and again makes a line in a while, and is counted`() async throws {
    let answers = answers()
    let others = (0..<40).map { Peer(uid: 2_000_000_000 + $0, gid: 1, pid: 1, groups: []) }
    for peer in [student, student, student] + others {
      await #expect(throws: Failure.self) { try await answers.answer(.pause, peer) }
    }
    // Of users beyond the sixteenth, one line for all.
    #expect(log.lines.count == 17)
    let soon = RefusalLog(log: log.logger, interval: .milliseconds(100))
    let isFirst = await soon.note(7)
    let isSecond = await soon.note(7)
    #expect(isFirst && !isSecond)
    while !log.lines.contains("notice: of user 7, 1 more requests were refused") {
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  @Test func `A member of the group may steer`() async throws {
    _ = try await answers(group: "lab").answer(.pause, student)
    #expect(acts.names == ["pause"])
  }

  @Test func `The log has who asked for what, and what became of it`() async throws {
    _ = try await answers(group: "lab").answer(.retry(directory: "/data/a\nb"), student)
    _ = try await answers().answer(.processBacklog, root)
    #expect(
      log.lines == [
        "notice: user 3999999999 has asked for retry /data/a\\u{a}b: /data/a\nb is taken",
        "notice: user 0 (root) has asked for process --backlog: it is done",
      ])
  }

  @Test func `What was not done is logged too, and who asked is told why`() async {
    let refused = Failure(.noInput, "/data/a", "is no session that is known", remedy: "see blechctl why")
    await #expect(throws: refused) { try await answers(refused).answer(.first(directory: "/data/a"), root) }
    #expect(
      log.lines == [
        "notice: user 0 (root) has asked for first /data/a, which was not done: /data/a: is no session that is known; see "
          + "blechctl why"
      ])
  }

  @Test(arguments: ["", "data/a", "~/a", "/data\u{0}/a"])
  func `A directory that is no absolute path is refused`(directory: String) async {
    let failure = await #expect(throws: Failure.self) {
      try await answers().answer(.cancel(directory: directory), root)
    }
    #expect(failure?.code == .usage)
    #expect(acts.names.isEmpty)
  }
}

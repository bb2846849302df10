import Control
import Foundation
import Reporting
import Synchronization
import TestSupport
import Testing
import Vocabulary

/// `blechctl` before a made-up daemon, and a real daemon before people who may not steer it.
@Suite struct SteeringTests {
  /// Knows the session at `known`, and keeps what it was asked for.
  private final class MadeUpDaemon: Sendable {
    let scratch: Scratch
    private let asked = Mutex<[ControlRequest.Verb]>([])

    init(_ scratch: Scratch) { self.scratch = scratch }

    var known: String { scratch.path("known") }
    var verbs: [ControlRequest.Verb] { asked.withLock { $0 } }

    func answer(_ request: ControlRequest) -> Result<[UInt8], Failure> {
      asked.withLock { $0.append(request.verb) }
      let directory = request.verb.directory
      guard directory == nil || directory == known else {
        return .failure(
          Failure(.noInput, directory ?? "", "is no session that is known", remedy: "see why"))
      }
      // Named as on the command line, but for `process --backlog`.
      let name = request.verb.command.replacing(" --", with: "_")
      guard let verb = SteeringAnswer.Verb(rawValue: name) else {
        return .failure(Failure(.internalError, "test", "no verb steers so: \(name)", remedy: ""))
      }
      let answer = SteeringAnswer(
        verb, sessions: directory.map { [$0] } ?? [], message: "\(request.verb.command) is done")
      return Result { try JSONDocument.text(answer) }.map { Array($0.utf8) }.mapError {
        Failure(.internalError, "test", "\($0)", remedy: "")
      }
    }

    func blechctl(_ arguments: String...) async throws -> Blechctl.Run {
      try await Blechctl(home: URL(filePath: scratch.path)).run(
        arguments + ["--runtime-directory", scratch.path])
    }
  }

  /// - Parameter handler: takes the place of the daemon's own answers.
  private func withDaemon(
    _ handler: ControlServer.Handler? = nil, _ body: (MadeUpDaemon) async throws -> Void
  ) async throws {
    try await withScratchAsync { scratch in
      let daemon = MadeUpDaemon(scratch)
      for name in ["known", "other"] {
        try FileManager.default.createDirectory(
          atPath: scratch.path(name), withIntermediateDirectories: false)
      }
      try scratch.makeLink("link", to: daemon.known)
      let server = ControlServer(
        path: scratch.path("control.sock"), handler: handler ?? { request, _ in daemon.answer(request) })
      try server.start()
      do { try await body(daemon) } catch {
        await server.stop()
        throw error
      }
      await server.stop()
    }
  }

  // MARK: Before a made-up daemon

  @Test func `Each command asks for its verb and shows the answer`() async throws {
    try await withDaemon { daemon in
      let known = daemon.known
      let table: [([String], ControlRequest.Verb)] = [
        (["retry", known], .retry(directory: known)), (["retrain", known], .retrain(directory: known)),
        (["cancel", known], .cancel(directory: known)), (["first", known], .first(directory: known)),
        (["process", known], .process(directory: known)), (["process", "--backlog"], .processBacklog),
        (["pause"], .pause), (["resume"], .resume), (["reload"], .reload),
      ]
      for (arguments, verb) in table {
        let run = try await Blechctl(home: URL(filePath: daemon.scratch.path)).run(
          arguments + ["--runtime-directory", daemon.scratch.path])
        #expect(run.exitCode == 0 && run.errors == "", "\(arguments): \(run)")
        #expect(run.output == "\(verb.command) is done\n")
        #expect(daemon.verbs.last == verb)
      }
    }
  }

  @Test func `A directory is named to the daemon in full, without links`() async throws {
    try await withDaemon { daemon in
      let run = try await Blechctl.run([
        "sh", "-c", #"cd "$1" && exec "$2" retry ./link/../link/ --runtime-directory ."#, "sh",
        daemon.scratch.path, Blechctl.program,
      ])
      #expect(run.exitCode == 0, "\(run)")
      #expect(daemon.verbs == [.retry(directory: daemon.known)])
    }
  }

  @Test func `All directories are tried, and what failed is on stderr`() async throws {
    try await withDaemon { daemon in
      let (known, other) = (daemon.known, daemon.scratch.path("other"))
      let (none, absent) = (daemon.scratch.path("none"), "cannot be found: No such file or directory")
      let some = try await daemon.blechctl("first", other, none, known)
      #expect(some.exitCode == 1 && some.output == "first is done\n", "\(some)")
      #expect(
        some.errors
          == "blechctl: \(other): is no session that is known; see why\nblechctl: \(none): \(absent); name a session's "
          + "directory\n")
      #expect(daemon.verbs == [.first(directory: other), .first(directory: known)])
      let no = try await daemon.blechctl("first", other, none)
      #expect(no.exitCode == 66 && no.output == "", "\(no)")
    }
  }

  @Test func `One JSON document holds everything`() async throws {
    try await withDaemon { daemon in
      let run = try await daemon.blechctl("retry", daemon.known, daemon.scratch.path("other"), "--json")
      #expect(run.exitCode == 1)
      let document = try #require(
        try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
      #expect(document["version"] as? Int == 1 && document["exit_code"] as? Int == 1)
      let results = try #require(document["results"] as? [[String: Any]])
      #expect(results.map { $0["directory"] as? String } == [daemon.known, daemon.scratch.path("other")])
      #expect((results[0]["answer"] as? [String: Any])?["sessions"] as? [String] == [daemon.known])
      #expect((results[1]["error"] as? [String: Any])?["code"] as? Int == 66)
      let pause = try await daemon.blechctl("pause", "--json")
      #expect(pause.exitCode == 0 && pause.output.contains(#""message" : "pause is done""#), "\(pause)")
    }
  }

  @Test func `Without a daemon that is said once`() async throws {
    try await withScratchAsync { scratch in
      let daemon = MadeUpDaemon(scratch)
      let run = try await daemon.blechctl("cancel", scratch.path, "/", "/tmp")
      #expect(run.exitCode == 69 && run.output == "", "\(run)")
      #expect(run.errors.contains("no daemon listens here") && run.errors.split(separator: "\n").count == 1)
      let resume = try await daemon.blechctl("resume")
      #expect(resume.exitCode == 69 && resume.errors == run.errors, "\(resume)")
    }
  }

  @Test func `An answer of another kind is called so`() async throws {
    let handler: ControlServer.Handler = { _, _ in .success(Array(#"{"state":"running"}"#.utf8)) }
    try await withDaemon(handler) { daemon in
      let run = try await daemon.blechctl("pause")
      #expect(run.exitCode == 70 && run.errors.contains("of one version"), "\(run)")
    }
  }

  @Test func `An answer to something else is not taken for one`() async throws {
    let text = try JSONDocument.text(SteeringAnswer(.resume, message: "the work goes on"))
    let handler: ControlServer.Handler = { _, _ in .success(Array(text.utf8)) }
    try await withDaemon(handler) { daemon in
      let resume = try await daemon.blechctl("resume")
      #expect(resume.exitCode == 0 && resume.output == "the work goes on\n", "\(resume)")
      let pause = try await daemon.blechctl("pause")
      #expect(
        pause.exitCode == 70 && pause.output == "" && pause.errors.contains("of one version"), "\(pause)")
    }
  }

  // MARK: Before a real daemon

  private static let nobody = ["setpriv", "--reuid=65534", "--regid=65534"]

  @Test(.enabled("becoming another user needs root") { geteuid() == 0 })
  func `Another user may read and not steer, unless of the group`() async throws {
    let group = try #require(Self.anyGroup)
    try await RunningDaemon.run(RunningDaemon.settings("control_group: \(group.name)")) { daemon in
      let member = Self.nobody + ["--groups=\(group.id)"]
      let reload = ["reload", "--runtime-directory", daemon.runtime]
      let other = try await Self.run(Self.nobody + ["--clear-groups"], reload, daemon)
      #expect(
        other.exitCode == 77 && other.errors.contains("membership of the group \(group.name)"), "\(other)")
      try await daemon.wait("the log of the refusal") {
        daemon.log.contains {
          $0.contains("user 65534 (nobody) has asked for reload, which was not done: reload: needs")
        }
      }
      let reading = ["why", daemon.data, "--runtime-directory", daemon.runtime]
      let why = try await Self.run(Self.nobody + ["--clear-groups"], reading, daemon)
      #expect(why.exitCode == 0, "\(why)")
      let run = try await Self.run(member, reload, daemon)
      #expect(run.exitCode == 0, "\(run)")
      #expect(run.output == "the configuration was read anew from \(daemon.configuration)\n")
      try await daemon.wait("the log of who it was") {
        daemon.log.contains { $0.contains("user 65534 (nobody) has asked for reload: ") }
      }

      // Who was of the group before is not any more.
      try daemon.configure(RunningDaemon.settings("control_group: no-such-group"))
      #expect(try await Self.run([], reload, daemon).exitCode == 0)
      try await daemon.wait("the warning") {
        daemon.log.contains {
          $0.contains("warning: control_group: no-such-group: this machine has no such group")
        }
      }
      #expect(try await Self.run(member, reload, daemon).exitCode == 77)

      try daemon.configure("settle_secnds: 1")
      let bad = try await Self.run([], reload, daemon)
      #expect(bad.exitCode == 78, "\(bad)")
      #expect(bad.errors.contains("did you mean settle_seconds?") && bad.errors.contains("stays as it was"))
    }
  }

  /// A group that this machine has, and that is neither root's nor nobody's.
  private static var anyGroup: (name: String, id: UInt32)? {
    guard let text = try? String(contentsOfFile: "/etc/group", encoding: .utf8) else { return nil }
    return text.split(separator: "\n").lazy.map { $0.split(separator: ":", omittingEmptySubsequences: false) }
      .compactMap { row in
        guard row.count > 2, let id = UInt32(row[2]), id != 0, id != 65534 else { return nil }
        return (String(row[0]), id)
      }.first
  }

  private static func run(
    _ wrapper: [String], _ arguments: [String], _ daemon: RunningDaemon
  ) async throws -> Blechctl.Run {
    try await Blechctl.run(
      wrapper + [Blechctl.program] + arguments,
      environment: Blechctl(home: URL(filePath: daemon.scratch.path("home"))).environment())
  }
}

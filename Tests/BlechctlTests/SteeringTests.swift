import ArgumentParser
import FoundationEssentials
import Reporting
import TestSupport
import Testing
import Vocabulary

@testable import blechctl

@Suite struct SteeringOptionsTests {
  private func parse<Command>(_ type: Command.Type, _ arguments: [String]) throws -> Command {
    try #require(try Blechctl.parseAsRoot(arguments) as? Command)
  }

  @Test func `Sessions, a daemon and JSON may be named`() throws {
    let command = try parse(
      RetryCommand.self, ["retry", "a", "b", "--json", "--runtime-directory", "/run/x"])
    #expect(command.sessions.directories == ["a", "b"])
    #expect(command.options.json && command.options.daemon.runtimeDirectory == "/run/x")
    #expect(try parse(RetrainCommand.self, ["retrain", "a"]).sessions.directories == ["a"])
    #expect(try parse(CancelCommand.self, ["cancel", "a"]).sessions.directories == ["a"])
    #expect(try parse(FirstCommand.self, ["first", "a", "--user"]).options.daemon.user)
  }

  @Test func `The whole daemon takes no session`() throws {
    #expect(try parse(PauseCommand.self, ["pause", "--system"]).options.daemon.system)
    #expect(try parse(ResumeCommand.self, ["resume", "--json"]).options.json)
    #expect(try !parse(ReloadCommand.self, ["reload"]).options.json)
  }

  @Test func `The backlog is processed in parts or as a whole`() throws {
    let some = try parse(ProcessCommand.self, ["process", "a", "b"])
    #expect(some.directories == ["a", "b"] && !some.backlog)
    let all = try parse(ProcessCommand.self, ["process", "--backlog"])
    #expect(all.directories.isEmpty && all.backlog)
  }

  @Test(arguments: [
    ["retry"], ["retrain"], ["cancel"], ["first", "--json"], ["process"], ["process", "a", "--backlog"],
    ["pause", "a"], ["resume", "a"], ["reload", "a"], ["retry", "a", "--user", "--system"],
    ["pause", "--backlog"], ["pause", "--runtime-directory"],
  ]) func `A command line that means nothing is refused`(arguments: [String]) {
    let error = #expect(throws: (any Error).self) { try Blechctl.parseAsRoot(arguments) }
    #expect(error.map { Blechctl.exitCode(for: $0) } == .validationFailure)
  }
}

@Suite struct DaemonOptionsTests {
  private func places(_ arguments: [String], _ environment: [String: String]) throws -> [String] {
    let command = try Blechctl.parseAsRoot(["pause"] + arguments) as? PauseCommand
    return try #require(command).options.daemon.places(environment).map(\.path)
  }

  @Test func `The machine's daemon comes first, and needs no home`() throws {
    #expect(try places([], ["XDG_RUNTIME_DIR": "/run/user/7"]) == ["/run/blechd", "/run/user/7/blechd"])
    #expect(try places([], ["HOME": "/home/anna"]).count == 2)
    #expect(try places([], [:]) == ["/run/blechd"])
    #expect(try places(["--system"], [:]) == ["/run/blechd"])
    #expect(try places(["--runtime-directory", "/x"], [:]) == ["/x"])
  }

  @Test func `Whoever means their own daemon is told that there is no place for it`() throws {
    #expect(try places(["--user"], ["XDG_RUNTIME_DIR": "/run/user/7"]) == ["/run/user/7/blechd"])
    let failure = #expect(throws: Failure.self) { try places(["--user"], [:]) }
    #expect(failure?.code == .cannotWrite)
  }
}

@Suite struct SessionPathTests {
  @Test func `A session is named by its directory, or by the .h5 in it`() throws {
    try withScratch { scratch in
      try FileManager.default.createDirectory(
        atPath: scratch.path("s1"), withIntermediateDirectories: false)
      try scratch.write("s1/s1.h5", "")
      try scratch.write("s1/s1.info", "")
      try scratch.makeLink("link.h5", to: scratch.path("s1/s1.h5"))
      let session = try SessionPath.resolved(scratch.path("s1"))
      #expect(session.hasSuffix("/s1"))
      #expect(try SessionPath.resolved(scratch.path("s1/s1.h5")) == session)
      #expect(try SessionPath.resolved(scratch.path("link.h5")) == session)
      let other = #expect(throws: Failure.self) { try SessionPath.resolved(scratch.path("s1/s1.info")) }
      #expect(other?.code == .usage && other?.remedy == "name \(session)")
      let none = #expect(throws: Failure.self) { try SessionPath.resolved(scratch.path("none.h5")) }
      #expect(none?.code == .noInput)
    }
  }

  @Test func `A directory whose name ends as an .h5's is a directory`() throws {
    try withScratch { scratch in
      try FileManager.default.createDirectory(
        atPath: scratch.path("s.h5"), withIntermediateDirectories: false)
      try scratch.write("s.h5/s.h5", "")
      #expect(try SessionPath.resolved(scratch.path("s.h5")).hasSuffix("/s.h5"))
      #expect(try SessionPath.resolved(scratch.path("s.h5/s.h5")).hasSuffix("/s.h5"))
    }
  }
}

@Suite struct SteeringReportTests {
  private static let unknown = Failure(.noInput, "/data/b", "is no session", remedy: "see blechctl why")
  private static let refused = Failure(
    .notPermitted, "retry", "needs root", remedy: "sudo blechctl retry ...")

  private func report(_ results: [Result<SteeringAnswer, Failure>]) -> SteeringReport {
    var report = SteeringReport()
    for (index, result) in results.enumerated() { report.add(result, for: "dir\(index)") }
    return report
  }

  private func answer(_ sessions: [String], _ message: String) -> Result<SteeringAnswer, Failure> {
    .success(SteeringAnswer(.process, sessions: sessions, message: message))
  }

  @Test func `Each answer is a line, and several sessions are listed below it`() {
    let report = report([
      answer(["/data/a"], "/data/a\u{1B}[2J is taken"), answer([], "nothing to do"),
      answer(["/data/c", "/data/d"], "2 sessions are taken"),
    ])
    #expect(
      report.text == """
        /data/a\\u{1b}[2J is taken
        nothing to do
        2 sessions are taken
          /data/c
          /data/d

        """)
    #expect(report.exitCode == .success && report.errors.isEmpty)
  }

  @Test func `Of many sessions twenty are listed`() {
    let text = report([answer((0..<1500).map { "/data/\($0)" }, "1500 sessions are taken")]).text
    let lines = text.split(separator: "\n")
    #expect(lines.count == 22 && lines[20] == "  /data/19" && lines[21] == "  and 1480 more")
  }

  @Test func `What holds for all directories is said once`() {
    let report = report([.failure(Self.refused), .failure(Self.refused), .failure(Self.unknown)])
    #expect(
      report.errors == [
        "blechctl: retry: needs root; sudo blechctl retry ...",
        "blechctl: /data/b: is no session; see blechctl why",
      ])
    #expect(report.text == "")
  }

  @Test func `The exit code is that of the one cause, or that of a part`() {
    let done = answer([], "done")
    #expect(report([.failure(Self.unknown), .failure(Self.unknown)]).exitCode == .noInput)
    #expect(report([.failure(Self.unknown), .failure(Self.refused)]).exitCode == .partial)
    #expect(report([.failure(Self.unknown), done]).exitCode == .partial)
    #expect(report([done, done]).exitCode == .success)
  }

  @Test func `Programs are told all of it`() throws {
    let json = try report([answer(["/data/a"], "taken"), .failure(Self.unknown)]).json()
    #expect(
      json == """
        {
          "exit_code" : 1,
          "results" : [
            {
              "answer" : {
                "message" : "taken",
                "sessions" : [
                  "/data/a"
                ],
                "sessions_left_out" : 0,
                "verb" : "process",
                "version" : 1
              },
              "directory" : "dir0"
            },
            {
              "directory" : "dir1",
              "error" : {
                "code" : 66,
                "place" : "/data/b",
                "remedy" : "see blechctl why",
                "what" : "is no session"
              }
            }
          ],
          "version" : 1
        }

        """)
  }
}

import Configuration
import FoundationEssentials
import Reporting
import Testing
import Vocabulary

@testable import blechctl

@Suite struct DoctorReportTests {
  private static let ok = DoctorLine(.config, "/c.yaml", "in order")
  private static let warning = DoctorLine(.cgroup, "/g", "so", .warning(mend: ["do this"]))

  private static func problem(_ code: ExitCode) -> DoctorLine {
    DoctorLine(.root, "/d\u{1B}", "not so", .problem(code, mend: ["sudo a", "sudo b"]))
  }

  @Test(
    arguments: [
      ([], .success), ([ok, warning], .success), ([ok, problem(.notPermitted)], .notPermitted),
      ([problem(.noInput), problem(.noInput), warning], .noInput),
      ([problem(.noInput), problem(.notPermitted)], .partial),
    ] as [([DoctorLine], Vocabulary.ExitCode)])
  func `It ends with the code of what it found`(lines: [DoctorLine], code: Vocabulary.ExitCode) {
    #expect(DoctorReport(lines).exitCode == code)
  }

  @Test func `For people it is a table, with what mends a line below it`() {
    #expect(
      DoctorReport([Self.ok, Self.problem(.noInput), Self.warning]).text == """
        STATE    CHECK   SUBJECT   FACT
        ok       config  /c.yaml   in order
        problem  root    /d\\u{1b}  not so
            -> sudo a
            -> sudo b
        warning  cgroup  /g        so
            -> do this

        1 problem, 1 warning.

        """)
    #expect(DoctorReport([Self.ok]).text.hasSuffix("\nEverything is in order.\n"))
    #expect(
      DoctorReport([Self.warning, Self.warning]).text.hasSuffix(
        "0 problems, 2 warnings. blechd can be used.\n"))
  }

  @Test func `For programs it is one document`() throws {
    struct Document: Decodable {
      struct Line: Decodable {
        let check, state, subject, fact: String
        let mend: [String]
      }
      let version, exitCode: Int
      let lines: [Line]
    }
    let text = try DoctorReport([Self.ok, Self.problem(.noInput), Self.warning]).json()
    let document = try JSONDocument.decode(Document.self, from: Array(text.utf8))
    #expect(document.version == 1 && document.exitCode == 66)
    #expect(document.lines.map(\.state) == ["ok", "problem", "warning"])
    #expect(document.lines.map(\.mend) == [[], ["sudo a", "sudo b"], ["do this"]])
    #expect(document.lines[1].check == "root" && document.lines[1].subject == "/d\u{1B}")
  }

  @Test func `A line survives the way from its process`() throws {
    for line in [Self.ok, Self.warning, Self.problem(.notPermitted)] {
      let data = try JSONEncoder().encode(DoctorPart.Message.line(line))
      #expect(!data.contains(UInt8(ascii: "\n")))
      #expect(try JSONDecoder().decode(DoctorPart.Message.self, from: data) == .line(line))
    }
  }

  @Test(
    arguments: [
      ("", "''"), ("/data/lab", "/data/lab"), ("/a b", "'/a b'"), ("it's", #"'it'\''s'"#), ("$(x)", "'$(x)'"),
      ("é", "'é'"), ("a;b", "'a;b'"), ("~", "'~'"),
    ])
  func `A path in a command is one word`(text: String, word: String) { #expect(text.shellWord == word) }

  @Test func `A mistake in the configuration is a line of its own`() throws {
    let error = #expect(throws: ConfigurationError.self) {
      try Configuration(yaml: Array("watch: [{path: lab}]\nsettle_secnds: 10\n".utf8), file: "/c.yaml")
    }
    let lines = ConfigurationCheck.lines(try #require(error))
    #expect(lines.map(\.subject) == ["/c.yaml:1", "/c.yaml:2"])
    #expect(lines.allSatisfy { $0.mend == ["edit /c.yaml, then blechctl config check /c.yaml"] })
    #expect(DoctorReport(lines).exitCode == .badConfiguration)
  }
}

@Suite struct ExaminerTests {
  private static let root = account("root", 0)
  private static let alice = account("alice", 1000)
  private static let blechd = account("blechd", 900)
  private static let lab = account("lab", 901)

  private static func account(_ name: String, _ id: UInt32) -> Account {
    Account(name: name, userID: id, groupID: id, groups: [id])
  }

  @Test(
    arguments: [
      (root, nil, nil, nil, false, .current(root)), (root, nil, nil, blechd, false, .other(blechd)),
      (root, nil, lab, blechd, false, .other(lab)), (root, alice, lab, blechd, false, .other(alice)),
      (root, root, nil, blechd, false, .current(root)), (root, nil, nil, blechd, true, .current(root)),
      (alice, nil, nil, nil, false, .current(alice)),
      (alice, nil, nil, blechd, false, .standIn(alice, for: "blechd")),
      (alice, alice, nil, blechd, false, .current(alice)), (alice, nil, nil, blechd, true, .current(alice)),
      (lab, nil, lab, blechd, false, .current(lab)),
    ] as [(Account, Account?, Account?, Account?, Bool, Examiner)])
  func `Everything is tried as the daemon's user where that is possible`(
    current: Account, requested: Account?, unitUser: Account?, service: Account?, isOwn: Bool,
    expected: Examiner
  ) throws {
    #expect(
      try Examiner.choose(
        current: current, requested: requested, unitUser: unitUser, service: service, isOwn: isOwn)
        == expected)
  }

  @Test func `Only root tries as somebody else`() {
    let failure = #expect(throws: Failure.self) {
      try Examiner.choose(
        current: Self.alice, requested: Self.blechd, unitUser: nil, service: nil, isOwn: false)
    }
    #expect(failure?.code == .notPermitted)
  }

  @Test func `An account is found by its name and by its number`() {
    #expect(Account.find(named: "root")?.userID == 0)
    #expect(Account.find(named: "0")?.name == "root")
    #expect(Account.find(named: "no such user") == nil)
  }
}

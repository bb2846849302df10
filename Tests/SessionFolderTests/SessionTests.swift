import FoundationEssentials
import Glibc
import TestSupport
import Testing
import Vocabulary

@testable import SessionFolder

@Suite struct SessionTests {
  private func open(_ names: [String]) throws -> Session {
    try withScratch { scratch in
      for name in names { try scratch.write(name, "") }
      return try Session(at: scratch.path)
    }
  }

  @Test func `One .h5 and one .info make a session`() throws {
    let session = try open(["a b.h5", "a b.info", "notes.txt", "x.h5.bak"])
    #expect(session.name == "a b" && session.h5 == "a b.h5" && session.info == "a b.info")
    #expect(session.params == "a b.params")
  }

  @Test func `Hidden files do not count, and an .info of another name is taken if it is the only one`() throws
  {
    #expect(try open(["a.h5", "._a.h5", ".b.info", "z.info"]).info == "z.info")
    #expect(try open(["a.h5", "a.info", "z.info"]).info == "a.info")
  }

  @Test(
    arguments: [
      ([], .noInput, ".h5"), (["a.info"], .noInput, ".h5"), (["a.h5"], .noInput, ".info"),
      (["a.h5", "b.h5", "a.info"], .badData, "a.h5, b.h5"),
      (["a.h5", "b.info", "c.info"], .badData, "b.info"),
      ([".h5.h5x", ".hidden.h5"], .noInput, ".h5"),
    ] as [([String], ExitCode, String)])
  func `What is missing or too many is named`(names: [String], code: ExitCode, word: String) {
    let failure = #expect(throws: Failure.self) { try open(names) }
    #expect(failure?.code == code)
    #expect(failure?.what.contains(word) == true)
    #expect(failure?.unreadiness == .incomplete)
  }

  @Test func `A directory that is none is no input`() throws {
    try withScratch { scratch in
      try scratch.write("file", "")
      for name in ["absent", "file"] {
        let failure = #expect(throws: Failure.self) { try Session(at: scratch.path(name)) }
        #expect(failure?.code == .noInput)
        #expect(failure?.unreadiness == nil, "there is nothing to wait for")
      }
    }
  }

  @Test func `Every file that decides about a session has a stamp`() throws {
    try withScratch { scratch in
      let directory = try MadeUpSession().write(in: scratch)
      let session = try Session(at: directory)
      let before = try session.stamps()
      #expect(before.keys.sorted() == ["AM1.h5", "AM1.info", "AM1.params", "execution_log.json"])
      try scratch.write("AM1/blechrnn_params.json", "{}")
      #expect(try session.stamps()["blechrnn_params.json"]?.size == 2)
      try scratch.write("AM1/notes.txt", "")
      #expect(try session.stamps().count == 5)
    }
  }

  @Test func `A link or a pipe instead of a JSON file is refused, a bad one named`() throws {
    try withScratch { scratch in
      let directory = try MadeUpSession().write(in: scratch)
      let info = directory + "/AM1.info"
      for plant in [
        { symlink(directory + "/AM1.params", info) }, { mkfifo(info, 0o600) },
        { (try? Data("{".utf8).write(to: URL(filePath: info))) == nil ? -1 : 0 },
      ] as [() -> Int32] {
        unlink(info)
        #expect(plant() == 0)
        let failure = #expect(throws: Failure.self) {
          try SessionReading(of: MadeUpSession.source(directory))
        }
        #expect(failure?.code == .badData)
        #expect(failure?.place == info)
      }
    }
  }
}

import FoundationEssentials
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import FileAccess

@Suite struct WritingTests {
  @Test func `A file is replaced as a whole, and nothing else stays`() throws {
    try withScratch { scratch in
      let directory = try OpenDirectory(at: scratch.path)
      try directory.write("a", Array("a long first text".utf8))
      let reader = try directory.openFile("a")
      defer { try? reader.close() }
      try directory.write("a", Array("new".utf8))
      #expect(try scratch.text("a") == "new")
      #expect(try scratch.names == ["a"])
      // Whoever has the old file open goes on reading the old one.
      var buffer = [UInt8](repeating: 0, count: 64)
      let count = try buffer.withUnsafeMutableBytes { try reader.read(into: $0) }
      #expect(String(decoding: buffer.prefix(count), as: UTF8.self) == "a long first text")
    }
  }

  @Test func `A failed write leaves what was there and no temporary file`() throws {
    try withScratch { scratch in
      let directory = try OpenDirectory(at: scratch.path)
      _ = try directory.makeSubdirectory("in the way")
      try scratch.write("in the way/a", "")
      #expect(throws: FileError.self) { try directory.write("in the way", [1]) }
      #expect(try scratch.names == ["in the way"])
    }
  }

  @Test func `A symbolic link is replaced, not written through`() throws {
    try withScratch { scratch in
      try scratch.write("victim", "untouched")
      symlink(scratch.path("victim"), scratch.path("a"))
      try OpenDirectory(at: scratch.path).write("a", Array("new".utf8))
      #expect(try scratch.text("victim") == "untouched")
      #expect(try scratch.text("a") == "new")
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `What stands at the temporary name is neither written to nor waited for`()
    throws
  {
    try withScratch { scratch in
      let temporary = scratch.path(".a.\(getpid()).tmp")
      try scratch.write("victim", "untouched")
      let directory = try OpenDirectory(at: scratch.path)
      for plant in [
        { link(scratch.path("victim"), temporary) }, { symlink(scratch.path("victim"), temporary) },
        { mkfifo(temporary, 0o600) },
      ] {
        #expect(plant() == 0)
        try directory.write("a", Array("new".utf8))
        #expect(try scratch.text("victim") == "untouched")
        #expect(try scratch.text("a") == "new")
        #expect(try scratch.names == ["a", "victim"])
        try directory.remove("a")
      }
    }
  }

  @Test(arguments: [String(repeating: "a", count: 255), String(repeating: "ä", count: 127)])
  func `A name of any length that the file system takes can be written`(name: String) throws {
    try withScratch { scratch in
      try OpenDirectory(at: scratch.path).write(name, [1])
      #expect(try scratch.names == [name])
    }
  }

  @Test(arguments: [0o755, 0o750, 0o2775, 0o700] as [mode_t])
  func `Files and directories follow the mode of the directory, less execution`(mode: mode_t) throws {
    try withScratch { scratch in
      let directory = try OpenDirectory(at: scratch.path)
      chmod(scratch.path, mode)
      try directory.write("a", [])
      _ = try directory.makeSubdirectory("b")
      #expect(permissions(scratch.path("a")) == mode & 0o666)
      #expect(permissions(scratch.path("b")) == mode)
    }
  }

  @Test func `A directory that exists keeps its mode`() throws {
    try withScratch { scratch in
      mkdir(scratch.path("a"), 0o711)
      _ = try OpenDirectory(at: scratch.path).makeSubdirectory("a")
      #expect(permissions(scratch.path("a")) == 0o711)
    }
  }

  @Test func `Missing parents are created, what exists is kept`() throws {
    try withScratch { scratch in
      let directory = try OpenDirectory(creatingAt: scratch.path("a/b//c"), mode: 0o700)
      try directory.write("x", [])
      #expect(permissions(scratch.path("a")) == 0o700)
      #expect(try OpenDirectory(creatingAt: scratch.path("a/b/c")).entries() == ["x"])
      try scratch.write("file", "")
      #expect(throws: FileError.self) { try OpenDirectory(creatingAt: scratch.path("file/a")) }
    }
  }

  @Test func `A new file gets its name when it is whole, and one that has come meanwhile stays`() throws {
    struct GaveUp: Error {}
    try withScratch { scratch in
      let directory = try OpenDirectory(at: scratch.path)
      try directory.writeNew("a") { path in
        try #"whole"#.write(toFile: path, atomically: false, encoding: .utf8)
        #expect(try !scratch.names.contains("a"))
      }
      #expect(try scratch.text("a") == "whole")
      try directory.writeNew("a") { try "other".write(toFile: $0, atomically: false, encoding: .utf8) }
      #expect(try scratch.text("a") == "whole")
      #expect(throws: GaveUp.self) {
        try directory.writeNew("b") { path in
          try "half".write(toFile: path, atomically: false, encoding: .utf8)
          throw GaveUp()
        }
      }
      #expect(try scratch.names == ["a"])
    }
  }

  @Test func `Removing what is not there is no error`() throws {
    try withScratch { scratch in
      let directory = try OpenDirectory(at: scratch.path)
      try directory.write("a", [])
      _ = try directory.makeSubdirectory("b")
      for _ in 0..<2 {
        try directory.remove("a")
        try directory.removeSubdirectory("b")
      }
      #expect(try scratch.names == [])
    }
  }

  private func permissions(_ path: String) -> mode_t {
    var state = stat()
    stat(path, &state)
    return state.st_mode & 0o7777
  }
}

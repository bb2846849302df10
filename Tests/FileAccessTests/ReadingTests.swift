import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import FileAccess

@Suite struct ReadingTests {
  @Test func `A file is read whole`() throws {
    try withScratch { scratch in
      try scratch.write("a", "hello")
      try scratch.write("empty", "")
      let directory = try OpenDirectory(at: scratch.path)
      #expect(try directory.read("a", limit: 5) == Array("hello".utf8))
      #expect(try directory.read("empty", limit: 0) == [])
      #expect(try directory.entries() == ["a", "empty"])
    }
  }

  @Test func `A file that is too large is refused with both sizes`() throws {
    try withScratch { scratch in
      try scratch.write("a", "hello")
      let error = #expect(throws: FileError.self) {
        try OpenDirectory(at: scratch.path).read("a", limit: 4)
      }
      #expect(error?.reason == .tooLarge(bytes: 5, limit: 4))
    }
  }

  @Test func `No symbolic link is followed, neither to a file nor to a directory`() throws {
    try withScratch { scratch in
      try scratch.write("a", "hello")
      _ = try OpenDirectory(creatingAt: scratch.path("folder"))
      symlink(scratch.path("a"), scratch.path("link"))
      symlink(scratch.path("folder"), scratch.path("folder_link"))
      symlink(scratch.path("nowhere"), scratch.path("dangling"))
      let directory = try OpenDirectory(at: scratch.path)
      for name in ["link", "dangling"] {
        let error = #expect(throws: FileError.self) { try directory.read(name, limit: 100) }
        #expect(error?.description.contains("symbolic link") == true)
        #expect(try directory.stamp(of: name) != nil, "a link is there, wherever it leads")
      }
      for (operation, open) in [
        ("open", { try directory.subdirectory($0) }), ("make", { try directory.makeSubdirectory($0) }),
      ] as [(String, (String) throws -> OpenDirectory?)] {
        let error = #expect(throws: FileError.self, "\(operation)") { _ = try open("folder_link") }
        #expect(error?.description.contains("symbolic link") == true, "\(error?.description ?? "")")
        #expect(error?.failure().code == .badData)
      }
    }
  }

  @Test(.timeLimit(.minutes(10))) func `A pipe or a directory is no file, and opening one does not block`()
    throws
  {
    try withScratch { scratch in
      #expect(mkfifo(scratch.path("pipe"), 0o600) == 0)
      _ = try OpenDirectory(creatingAt: scratch.path("folder"))
      let directory = try OpenDirectory(at: scratch.path)
      for name in ["pipe", "folder"] {
        let error = #expect(throws: FileError.self) { try directory.openFile(name) }
        #expect(error?.reason == .notRegular)
      }
      #expect(throws: FileError.self) { try directory.openFile("pipe", forWriting: true) }
      #expect(throws: FileError.self) { try directory.subdirectory("pipe") }
    }
  }

  @Test func `A stamp moves with the content and stands still without`() throws {
    try withScratch { scratch in
      try scratch.write("a", "hello")
      let directory = try OpenDirectory(at: scratch.path)
      let first = try directory.stamp(of: "a")
      #expect(first?.size == 5)
      #expect(try directory.stamp(of: "a") == first)
      _ = try directory.read("a", limit: 100)
      #expect(try directory.stamp(of: "a") == first)
      try directory.write("a", Array("jello".utf8))
      #expect(try directory.stamp(of: "a") != first)
      #expect(try directory.stamp(of: "absent") == nil)
    }
  }

  @Test func `What is not there is nil or an error that names it`() throws {
    try withScratch { scratch in
      let directory = try OpenDirectory(at: scratch.path)
      #expect(try directory.subdirectory("absent") == nil)
      let error = #expect(throws: FileError.self) { try directory.read("absent", limit: 1) }
      #expect(error?.path == scratch.path("absent"))
      #expect(error?.failure().code == .noInput)
      #expect(throws: FileError.self) { try OpenDirectory(at: scratch.path("absent")) }
    }
  }

  @Test func `A listing has an upper bound`() throws {
    try withScratch { scratch in
      for name in 0..<5 { try scratch.write("\(name)", "") }
      #expect(try OpenDirectory(at: scratch.path).entries(limit: 3).count == 3)
    }
  }
}

import Foundation
import HDF5File
import Testing

/// `blechctl recover` as a person meets it, and the recovery that `blechctl infer` does by itself.
@Suite struct RecoverCommandTests {
  /// A session with results, in the middle of a commit that was interrupted.
  private func withInterrupted(
    _ body: (_ session: ScratchSession, _ journal: String, _ old: Data) async throws -> Void
  ) async throws {
    try await withSession { session in
      _ = try await session.infer()
      let old = try session.bytes()
      try await StoppedCommit(h5: session.h5).interrupt(.remove)
      let journal = session.directory.appending(path: Journal.name(besides: session.h5.lastPathComponent))
      try await body(session, journal.path, old)
    }
  }

  private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  @Test(arguments: ["the .h5", "its journal", "its directory", "a directory above", "with a slash"])
  func `Recovery gives the old content back, however the file is named`(what: String) async throws {
    try await withInterrupted { session, journal, old in
      let path =
        switch what {
        case "the .h5": session.h5.path
        case "its journal": journal
        case "its directory": session.directory.path
        case "with a slash": session.directory.path + "/"
        default: session.folder.path
        }
      let run = try await session.blechctl.run(["recover", path])
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(
        run.output.contains("\(session.h5.lastPathComponent): has its old content back, \(old.count) bytes"))
      #expect(try session.bytes() == old)
      #expect(!exists(journal))
      let again = try await session.blechctl.run(["recover", path])
      #expect(again.exitCode == 0)
      #expect(again.output.contains("no interrupted commit"), "\(again.output)\(again.errors)")
    }
  }

  @Test func `Inferring recovers first, says so, and finds the results up to date`() async throws {
    try await withInterrupted { session, journal, old in
      let run = try await session.infer()
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.errors.contains("an earlier commit was interrupted"))
      #expect(run.output.contains("up to date"))
      #expect(try session.bytes() == old)
      #expect(!exists(journal))
    }
  }

  @Test func `Results that go elsewhere are recovered there`() async throws {
    try await withSession { session in
      let output = session.folder.appending(path: "out")
      let options = ["--output-only", output.path]
      #expect(try await session.infer(options).exitCode == 0)
      let h5 = output.appending(path: "\(session.name)/\(session.name)_rnn_output.h5")
      let old = try Data(contentsOf: h5)
      try await StoppedCommit(h5: h5).interrupt(.remove)
      let run = try await session.infer(options)
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.errors.contains("an earlier commit was interrupted"))
      #expect(run.output.contains("up to date"))
      #expect(try Data(contentsOf: h5) == old)
    }
  }

  @Test func `Results elsewhere that got another name are not replaced by new ones`() async throws {
    try await withSession { session in
      let output = session.folder.appending(path: "out")
      let options = ["--output-only", output.path]
      #expect(try await session.infer(options).exitCode == 0)
      let folder = output.appending(path: session.name)
      let h5 = folder.appending(path: "\(session.name)_rnn_output.h5")
      try await StoppedCommit(h5: h5).interrupt(.remove)
      try FileManager.default.moveItem(at: h5, to: folder.appending(path: "renamed.h5"))
      let run = try await session.infer(options)
      #expect(run.exitCode == 65, "\(run.errors)")
      #expect(run.errors.contains("now called renamed.h5"), "\(run.errors)")
      #expect(!exists(h5.path))
    }
  }

  @Test func `A session is not held back by what lies below its folder`() async throws {
    try await withInterrupted { session, _, old in
      let below = session.directory.appending(path: "backup")
      try FileManager.default.createDirectory(at: below, withIntermediateDirectories: false)
      try Data("an orphan".utf8).write(to: below.appending(path: Journal.name(besides: "other.h5")))
      #expect(try await session.infer().exitCode == 0)
      #expect(try session.bytes() == old)
      let all = try await session.blechctl.run(["recover", session.directory.path + "//"])
      #expect(all.exitCode == 65)
      #expect(all.errors.contains("\(session.directory.path)/backup/other.h5: is gone"), "\(all.errors)")
    }
  }

  @Test func `A link is not recovered through: its journal lies beside the file itself`() async throws {
    try await withInterrupted { session, journal, _ in
      let link = session.folder.appending(path: "link.h5")
      try FileManager.default.createSymbolicLink(at: link, withDestinationURL: session.h5)
      let run = try await session.blechctl.run(["recover", link.path])
      #expect(run.exitCode == 65)
      #expect(run.errors.contains("symbolic link"), "\(run.errors)")
      #expect(exists(journal))
    }
  }

  @Test func `A file with a second name is refused before anything is trained`() async throws {
    try await withSession { session in
      try FileManager.default.linkItem(at: session.h5, to: session.folder.appending(path: "backup.h5"))
      let run = try await session.infer()
      #expect(run.exitCode == 65, "\(run.errors)")
      #expect(run.errors.contains("hard links") && run.errors.contains("cp -a"), "\(run.errors)")
      #expect(!run.errors.contains("steps in"))
    }
  }

  @Test func `A backup copied over the file is refused, and kept, and can be chosen`() async throws {
    try await withInterrupted { session, journal, _ in
      let backup = try Data(
        contentsOf: ScratchSession.fixtures.appending(path: "\(session.name)/\(session.name).h5"))
      // Into the file that is there, as `cp` does.
      let file = try FileHandle(forWritingTo: session.h5)
      try file.truncate(atOffset: 0)
      try file.write(contentsOf: backup)
      try file.close()
      for command in [["recover"], ["infer"], ["recover", "--discard-journal"]] {
        let run = try await session.blechctl.run(command + [session.directory.path])
        #expect(run.exitCode == (command.count == 2 ? 64 : 65), "\(command): \(run.errors)")
        let parts =
          command.count == 2
          ? ["--discard-journal", "--yes"]
          : [session.h5.lastPathComponent, "another program has changed it", "--discard-journal"]
        for part in parts { #expect(run.errors.contains(part), "\(part) is not in: \(run.errors)") }
        #expect(try session.bytes() == backup)
        #expect(exists(journal))
      }
      let discarded = try await session.blechctl.run([
        "recover", "--discard-journal", "--yes", session.directory.path,
      ])
      #expect(discarded.exitCode == 0, "\(discarded.errors)")
      #expect(discarded.output.contains("kept as it is; its journal is now \(journal).discarded-"))
      #expect(!exists(journal))
      #expect(try session.bytes() == backup)
      #expect(try await session.infer().exitCode == 0)
    }
  }

  @Test func `Discarding never discards a journal that fits: it is used`() async throws {
    try await withInterrupted { session, journal, old in
      let run = try await session.blechctl.run([
        "recover", "--discard-journal", "--yes", session.h5.path,
      ])
      #expect(run.exitCode == 0)
      #expect(run.output.contains("has its old content back"))
      #expect(try session.bytes() == old)
    }
  }

  @Test func `An .h5 that got another name since is noticed, and the journal says whose it is`() async throws
  {
    try await withInterrupted { session, journal, _ in
      let other = session.directory.appending(path: "renamed.h5")
      try FileManager.default.moveItem(at: session.h5, to: other)
      let before = try Data(contentsOf: other)
      for command in ["recover", "infer"] {
        let run = try await session.blechctl.run([command, session.directory.path])
        #expect(run.exitCode == 65, "\(run.errors)")
        #expect(run.errors.contains("\(session.h5.lastPathComponent): is gone"), "\(run.errors)")
        #expect(run.errors.contains("now called renamed.h5"), "\(run.errors)")
      }
      #expect(try Data(contentsOf: other) == before)
      try FileManager.default.moveItem(at: other, to: session.h5)
      #expect(try await session.blechctl.run(["recover", session.h5.path]).exitCode == 0)
    }
  }

  @Test func `A file that somebody holds is left for later`() async throws {
    try await withInterrupted { session, journal, old in
      let before = try session.bytes()
      let holder = open(session.h5.path, O_RDONLY)
      flock(holder, LOCK_SH)
      let run = try await session.blechctl.run(["recover", "--discard-journal", "--yes", session.h5.path])
      #expect(run.exitCode == 75)
      #expect(run.errors.contains("another program has the file open"))
      #expect(try session.bytes() == before && exists(journal))
      close(holder)
      #expect(try await session.blechctl.run(["recover", session.h5.path]).exitCode == 0)
      #expect(try session.bytes() == old)
    }
  }

  @Test func `What does not exist is named, and what has no journal is no failure`() async throws {
    try await withSession { session in
      let missing = session.folder.appending(path: "nothing.h5").path
      let run = try await session.blechctl.run(["recover", missing])
      #expect(run.exitCode == 66)
      #expect(run.errors.contains(missing) && run.errors.contains("does not exist"))
      let both = try await session.blechctl.run(["recover", missing, session.h5.path])
      #expect(both.exitCode == 1)
      #expect(both.output.contains("\(session.h5.path): no interrupted commit"))
      #expect(try await session.blechctl.run(["recover"]).exitCode == 64)
      #expect(try await session.blechctl.run(["recover", session.h5.path, "--yes"]).exitCode == 64)
    }
  }

  @Test func `Other programs read what was found as JSON`() async throws {
    try await withInterrupted { session, _, old in
      let run = try await session.blechctl.run(["recover", "--json", session.directory.path])
      let document = try #require(
        try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
      #expect(document["version"] as? Int == 1 && document["exit_code"] as? Int == 0)
      let files = try #require(document["files"] as? [[String: Any]])
      #expect(files.count == 1 && files[0]["state"] as? String == "rolled_back")
      #expect(files[0]["bytes"] as? Int == old.count)
      #expect((files[0]["path"] as? String)?.hasSuffix(session.h5.lastPathComponent) == true)
    }
  }
}

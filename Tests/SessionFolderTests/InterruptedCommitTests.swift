import Foundation
import HDF5File
import SessionFolder
import TestSupport
import Testing
import Vocabulary

/// What readers make of a journal beside the .h5.
@Suite struct InterruptedCommitTests {
  private let journal = "AM1/" + Journal.name(besides: "AM1.h5")

  @Test func `A commit under way is waited for`() throws {
    try withScratch { scratch in
      let directory = try MadeUpSession().write(in: scratch)
      let path = try scratch.write(journal, "")
      Thread {
        usleep(200_000)
        unlink(path)
      }.start()
      let start = ContinuousClock.now
      #expect(throws: Never.self) { try SessionReading(of: MadeUpSession.source(directory)) }
      #expect(ContinuousClock.now - start > .milliseconds(150))
      #expect(try SessionRecovery.directoriesInNeed(of: MadeUpSession.source(directory)) == [])
    }
  }

  @Test func `One that was interrupted is not read past, and recovery is asked for`() throws {
    try withScratch { scratch in
      let directory = try MadeUpSession().write(in: scratch)
      try scratch.write(journal, "")
      let source = MadeUpSession.source(directory)
      let failure = #expect(throws: Failure.self) { try SessionReading(of: source) }
      #expect(failure?.code == .temporary)
      #expect(failure?.remedy.contains("blechctl recover") == true)
      #expect(try SessionRecovery.directoriesInNeed(of: source) == [directory])
    }
  }

  @Test func `Every journal below a directory is looked for, and none keeps the others from recovery`() throws
  {
    try withScratch { scratch in
      for name in ["a", "b", "b/c"] {
        try FileManager.default.createDirectory(
          atPath: scratch.path(name), withIntermediateDirectories: false)
        if name != "b" { try scratch.write("\(name)/x.h5", "no matter what") }
        try scratch.write("\(name)/" + Journal.name(besides: "x.h5"), "not finished")
      }
      let found = try SessionRecovery.recover(at: scratch.path, searchesBelow: true, discardsRefused: false)
      #expect(found.map(\.path) == ["a", "b", "b/c"].map { scratch.path("\($0)/x.h5") })
      #expect(found[0].outcome == .removedUnfinishedJournal && found[2].outcome == .removedUnfinishedJournal)
      #expect(found[1].refusal?.what.contains("is gone") == true)
      // On its own, a directory is not searched below itself.
      let own = try SessionRecovery.recover(at: scratch.path, searchesBelow: false, discardsRefused: false)
      #expect(own == [])
    }
  }
}

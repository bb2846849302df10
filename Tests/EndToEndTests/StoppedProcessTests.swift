import Foundation
import HDF5File
import SafetyHarness
import TestSupport
import Testing

/// Real processes that are killed at each of their system calls, or in the middle of a write, on a real file.
@Suite struct StoppedProcessTests {
  @Test(arguments: [0, 2, 3], SmallChange.allCases)
  func `Killed at any call, and in the recovery too, the file is in the end its old or its new self`(
    superblock: Int, change: SmallChange
  ) async throws {
    try await withScratchAsync { scratch in
      let path = try scratch.copySmallFile(superblock: superblock)
      let (name, stopped) = (String(path.split(separator: "/").last!), StoppedCommit(h5: URL(filePath: path)))
      let old = try scratch.bytes(name)
      let course = try await stopped.complete(change)
      let new = try scratch.bytes(name)
      var (withJournal, recoveries, ends) = (0, 0, Set<[UInt8]>())
      for (index, point) in course.points.enumerated() {
        try scratch.write(name, old)
        try await stopped.stop(change, at: point)
        if try scratch.names.count > 1 {
          withJournal += 1
          // The recovery is killed once as well, each time at another call.
          if try await stopped.recover(stoppedAt: index % 20) { recoveries += 1 }
        }
        try withPlace(path) { _ = try H5Recovery.recover($0) }
        let end = try scratch.bytes(name)
        #expect(end == old || end == new, "\(point)")
        #expect(try scratch.names == [name])
        ends.insert(end)
      }
      print(
        "\(change), superblock \(superblock): killed at \(course.points.count) points, \(withJournal) left a journal, "
          + "\(recoveries) recoveries killed as well"
      )
      #expect(withJournal > 10 && recoveries > 5 && ends == [old, new])
    }
  }

  @Test(.enabled("becoming another user needs root") { geteuid() == 0 })
  func
    `Who may write the file but not its folder changes nothing, and is told that the journal is the reason`()
    async throws
  {
    try await withScratchAsync { scratch in
      let path = try scratch.copySmallFile(superblock: 0)
      chmod(path, 0o666)
      let old = try scratch.bytes("small.h5")
      let program = scratch.path("program")
      try FileManager.default.copyItem(atPath: StoppedCommit.program, toPath: program)
      chmod(scratch.path, 0o555)
      let run = try await Blechctl.run([
        "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program, scratch.path, "small.h5",
        "add",
        "1000000", "0",
      ])
      chmod(scratch.path, 0o755)
      #expect(run.exitCode != 0)
      #expect(
        run.errors.contains("cannot create its journal .small.h5.blechd-journal: Permission denied"), "\(run)"
      )
      #expect(try scratch.bytes("small.h5") == old)
    }
  }
}

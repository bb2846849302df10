import SystemPackage
import Testing

@testable import Watching

/// Sessions that come and change in the ways in which they do in a lab.
@Suite struct SettlingScenarioTests {
  @Test func `What is there at the start settles like everything else`() {
    let world = WatchedWorld()
    world.writeSession("/data/rat1/s1")
    world.run(for: 60)
    #expect(world.settledAt("/data/rat1/s1") == [10])
  }

  @Test func `A session that is copied file by file settles after the last one`() {
    let world = WatchedWorld()
    world.run(for: 1)
    world.kernel.makeDirectory("/data/s1")
    for file in ["s.h5", "s.info", "s.csv", "log.json"] {
      world.kernel.write(FilePath("/data/s1").appending(file))
      world.run(for: 4)
    }
    world.run(for: 60)
    #expect(world.settledAt("/data/s1") == [23])
  }

  @Test func `Files that decide about nothing do not hold a session back`() {
    let world = WatchedWorld()
    world.writeSession("/data/s1")
    for _ in 0..<10 {
      world.run(for: 2)
      world.kernel.write("/data/s1/notes.txt")
    }
    #expect(world.settledAt("/data/s1") == [10])
  }

  @Test func `A file that is written while it stays open is noticed before it counts as settled`() {
    let world = WatchedWorld()
    world.writeSession("/data/s1")
    world.run(for: 1)
    for _ in 0..<6 {
      world.run(for: 4)
      world.kernel.modify("/data/s1/s.h5")
    }
    world.run(for: 60)
    #expect(world.settledAt("/data/s1").count == 1)
    #expect(world.settledAt("/data/s1")[0] >= 35)
  }

  @Test func `Opening for writing without writing ends where it began`() {
    let world = WatchedWorld()
    world.writeSession("/data/s1")
    world.run(for: 20)
    world.kernel.touch("/data/s1/s.h5")
    world.run(for: 20)
    #expect(world.settledAt("/data/s1") == [10, 30])
    #expect(world.reports.count == 4)
  }

  @Test func `An .h5 that is rewritten again and again is settled once, after the last time`() {
    let world = WatchedWorld()
    world.writeSession("/data/s1")
    for _ in 0..<20 {
      world.kernel.write("/data/s1/s.h5")
      world.run(for: 3)
    }
    world.kernel.write("/data/s1/log.json")
    world.run(for: 60)
    #expect(world.settledAt("/data/s1") == [70])
  }

  @Test func `What changes for ten minutes is said to keep changing, and settles all the same`() {
    let world = WatchedWorld()
    world.writeSession("/data/s1")
    for _ in 0..<140 {
      world.run(for: 5)
      world.kernel.write("/data/s1/s.h5")
    }
    let flags = world.reports.compactMap { entry in
      if case .changing(_, let keeps) = entry.report.state { keeps } else { nil }
    }
    #expect(flags == [false, true])
    world.run(for: 60)
    #expect(world.settledAt("/data/s1") == [710])
  }

  @Test func `A clock of files that is set back or ahead makes no difference`() {
    let world = WatchedWorld()
    world.kernel.ticks = 1_000_000
    world.writeSession("/data/s1")
    for ticks in [500, 2_000_000, 3, 1_000_000] as [Int64] {
      world.run(for: 6)
      world.kernel.ticks = ticks
      world.kernel.modify("/data/s1/s.h5")
    }
    world.run(for: 60)
    #expect(world.settledAt("/data/s1").count == 1)
    #expect(world.settledAt("/data/s1")[0] >= 34)
  }

  @Test func `What was written while the process did not run settles after that`() {
    let world = WatchedWorld()
    world.writeSession("/data/s1")
    world.writeSession("/data/s2")
    world.run(for: 5)
    world.stall(for: 3600)
    world.kernel.write("/data/s1/s.h5")
    world.kernel.modify("/data/s2/s.h5")
    world.run(for: 60)
    #expect(world.settledAt("/data/s1") == [3615])
    #expect(world.settledAt("/data/s2") == [3615])
  }

  @Test func `A session that is deleted before it has settled is gone`() {
    let world = WatchedWorld()
    world.writeSession("/data/s1")
    world.run(for: 5)
    world.kernel.remove("/data/s1")
    world.run(for: 60)
    #expect(world.settledAt("/data/s1").isEmpty)
    #expect(world.reports.last?.report.state == .gone)
  }

  @Test func `A directory that loses its .h5 is of no interest any more, until it has one again`() {
    let world = WatchedWorld()
    world.writeSession("/data/s1")
    world.run(for: 20)
    world.kernel.remove("/data/s1/s.h5")
    world.run(for: 5)
    #expect(world.settled.isEmpty)
    world.kernel.write("/data/s1/s.h5")
    world.run(for: 60)
    #expect(world.settledAt("/data/s1") == [10, 35])
  }

  @Test func `A file under a temporary name counts when it gets its own`() {
    let world = WatchedWorld()
    world.kernel.makeDirectory("/data/s1")
    world.kernel.write("/data/s1/s.info")
    world.kernel.write("/data/s1/.s.h5.Xa81")
    world.run(for: 50)
    #expect(world.reports.isEmpty)
    world.kernel.move("/data/s1/.s.h5.Xa81", to: "/data/s1/s.h5")
    world.run(for: 60)
    #expect(world.settledAt("/data/s1") == [60])
  }

  @Test func `A moved session settles at its new place and is gone from its old one`() {
    let world = WatchedWorld()
    world.writeSession("/data/in/s1")
    world.kernel.makeDirectory("/data/sorted")
    world.run(for: 30)
    world.kernel.move("/data/in/s1", to: "/data/sorted/s1")
    world.run(for: 30)
    #expect(world.settled == ["/data/sorted/s1"])
    #expect(world.settledAt("/data/sorted/s1") == [40])
    // Events of the directory lead to its new place.
    world.kernel.write("/data/sorted/s1/s.h5")
    world.run(for: 1)
    #expect(world.changing == ["/data/sorted/s1"])
  }

  @Test func `A whole tree is moved within, out and back`() {
    let world = WatchedWorld()
    for name in ["a/s1", "a/b/s2", "a/b/c/s3"] { world.writeSession(FilePath("/data/old").appending(name)) }
    world.kernel.makeDirectory("/elsewhere")
    world.run(for: 30)
    world.kernel.move("/data/old", to: "/data/new")
    world.run(for: 30)
    #expect(world.settled == ["/data/new/a/b/c/s3", "/data/new/a/b/s2", "/data/new/a/s1"])
    world.kernel.move("/data/new/a", to: "/elsewhere/a")
    world.run(for: 30)
    #expect(world.settled.isEmpty && world.changing.isEmpty)
    world.kernel.write("/elsewhere/a/s1/s.h5")
    world.run(for: 30)
    #expect(world.changing.isEmpty)
    world.kernel.move("/elsewhere/a", to: "/data/a")
    world.run(for: 30)
    #expect(world.settled == ["/data/a/b/c/s3", "/data/a/b/s2", "/data/a/s1"])
  }

  @Test func `Another directory in the place of a session is another session`() {
    let world = WatchedWorld()
    world.writeSession("/data/s1")
    world.writeSession("/data/s2")
    world.run(for: 30)
    let before = world.reports.count
    world.kernel.move("/data/s1", to: "/data/aside")
    world.kernel.move("/data/s2", to: "/data/s1")
    world.kernel.move("/data/aside", to: "/data/s2")
    world.run(for: 30)
    #expect(world.settled == ["/data/s1", "/data/s2"])
    #expect(world.settledAt("/data/s1") == [10, 40])
    #expect(world.settledAt("/data/s2").count == 2)
    #expect(world.reports.count > before)
  }

  @Test(arguments: [WatchRoot.Backend.inotify, .polling])
  func `A copy with links to the same files in the place of a session settles anew`(
    backend: WatchRoot.Backend
  ) {
    let world = WatchedWorld(WatchRoot(path: "/data", backend: backend))
    world.writeSession("/data/s1")
    world.run(for: 30)
    let before = world.settledAt("/data/s1").count
    world.kernel.replace("/data/s1")
    world.run(for: 400)
    #expect(world.settledAt("/data/s1").count == before + 1)
    let identities = world.reports.map(\.report.identity)
    #expect(identities.last != identities.first)
    // And it is this one that is watched.
    world.kernel.write("/data/s1/s.h5")
    world.run(for: 400)
    #expect(world.settledAt("/data/s1").count == before + 2)
  }

  @Test func `A thousand sessions at once settle together`() {
    let world = WatchedWorld()
    world.run(for: 1)
    for number in 0..<1000 { world.writeSession(FilePath("/data/batch/s\(number)")) }
    world.run(for: 30)
    #expect(world.settled.count == 1000)
    #expect(world.reports.count == 2000)
  }

  @Test func `A look that is asked for once more ends in a report even without a change`() {
    let world = WatchedWorld()
    world.writeSession("/data/s1")
    world.run(for: 20)
    world.tree.recheck("/data/s1")
    world.tree.recheck("/data/nothing/there")
    world.tree.recheck("/elsewhere")
    world.run(for: 20)
    #expect(world.settledAt("/data/s1") == [10, 30])
  }
}

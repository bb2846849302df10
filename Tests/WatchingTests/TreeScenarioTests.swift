import SystemPackage
import Testing

@testable import Watching

/// What a tree of directories, and the kernel, can do to a watch.
@Suite struct TreeScenarioTests {
  @Test func `Nested directories that come faster than they are watched are all found`() {
    let world = WatchedWorld()
    world.run(for: 1)
    world.kernel.holdsEvents = true
    var path = FilePath("/data")
    for depth in 0..<30 {
      path.append("d\(depth)")
      world.kernel.makeDirectory(path)
      world.run(for: 0.01)
    }
    world.writeSession(path.appending("s1"))
    world.kernel.holdsEvents = false
    world.run(for: 30)
    #expect(world.settled == [path.appending("s1").string])
  }

  @Test func `What is made between the watch and the look is found by one of them`() {
    let world = WatchedWorld()
    world.kernel.makeDirectory("/data/a")
    var isFirst = true
    world.kernel.beforeReading = { [unowned world] path in
      guard path == "/data/a", isFirst else { return }
      isFirst = false
      world.writeSession("/data/a/s1")
    }
    world.run(for: 30)
    #expect(world.settled == ["/data/a/s1"])
  }

  @Test func `Nothing below a session is watched, whatever lies there`() {
    let world = WatchedWorld()
    world.writeSession("/data/s1")
    for number in 0..<50 { world.kernel.makeDirectory(FilePath("/data/s1/raw/d\(number)")) }
    world.writeSession("/data/s1/raw/copy")
    world.run(for: 30)
    #expect(world.settled == ["/data/s1"])
    #expect(world.tree.status.directories == 2)
    let looks = world.kernel.looks
    world.kernel.makeDirectory("/data/s1/rnn_output")
    world.kernel.makeDirectory("/data/s1/rnn_output/plots")
    world.run(for: 30)
    #expect(world.kernel.looks == looks)
  }

  @Test func `Directories of one that becomes a session are forgotten, and found again when it is none`() {
    let world = WatchedWorld()
    world.writeSession("/data/a/b/s1")
    world.run(for: 20)
    world.kernel.write("/data/a/x.h5")
    world.kernel.write("/data/a/x.info")
    world.run(for: 20)
    #expect(world.settled == ["/data/a"])
    world.kernel.remove("/data/a/x.info")
    world.run(for: 20)
    #expect(world.settled == ["/data/a", "/data/a/b/s1"])
  }

  @Test func `A session in the root itself does not hide the others`() {
    let world = WatchedWorld()
    world.writeSession("/data")
    world.writeSession("/data/s1")
    world.run(for: 30)
    #expect(world.settled == ["/data", "/data/s1"])
  }

  @Test func `Hidden and excluded directories are left out`() {
    let root = WatchRoot(path: "/data", exclusions: Exclusions(["backup*", "rat?/old/", "/tmp/x", "junk/"]))
    let world = WatchedWorld(root)
    for path in [
      ".Trash-1000/s1", "backup2/s1", "rat1/old/s1", "rat1/very/old/s1", "rat1/backups/s1", "tmp/x/s1",
      "tmp/y/s1",
    ] { world.writeSession(FilePath("/data").appending(path)) }
    world.run(for: 30)
    #expect(world.settled == ["/data/rat1/very/old/s1", "/data/tmp/y/s1"])
  }

  @Test func `A lost event is made good by looking at everything, once`() {
    let world = WatchedWorld { $0.rescan = .seconds(100_000) }
    world.kernel.makeDirectory("/data/a/b")
    world.run(for: 20)
    world.kernel.queueLimit = 5
    for number in 0..<40 { world.writeSession(FilePath("/data/a/b/s\(number)")) }
    world.run(for: 30)
    #expect(world.settled.count == 40)
    #expect(world.tree.status.problems == [.overflow])
    world.run(for: 4000)
    #expect(world.tree.status.problems.isEmpty)
  }

  @Test func `Events that are always lost do not make it look without an end`() {
    let world = WatchedWorld { $0.rescan = .seconds(100_000) }
    for number in 0..<100 { world.kernel.makeDirectory(FilePath("/data/d\(number)")) }
    world.run(for: 20)
    let looks = world.kernel.looks
    for _ in 0..<1000 {
      world.kernel.loseEvents()
      world.run(for: 0.1)
    }
    // Some twenty rescans of 101 directories in 100 s.
    #expect((1000...3000).contains(world.kernel.looks - looks))
  }

  @Test func `When the kernel has no watches left, the rest is polled and the sysctl is named`() {
    let world = WatchedWorld { $0.poll = .seconds(15) ... .seconds(15) }
    world.kernel.watchLimit = 5
    for number in 0..<10 { world.kernel.makeDirectory(FilePath("/data/d\(number)")) }
    world.run(for: 1)
    let status = world.tree.status
    #expect(status.backend == .both)
    #expect(status.directories == 11 && status.watched == 4)
    #expect(status.problems == [.watchLimit(polled: 7, advisedLimit: 524_288)])
    #expect(status.problems[0].description.contains("sysctl -w fs.inotify.max_user_watches=524288"))
    world.writeSession("/data/d0/s1")
    world.writeSession("/data/d9/s2")
    world.run(for: 60)
    #expect(world.settled == ["/data/d0/s1", "/data/d9/s2"])
    // Watches that others give back are taken with the next rescan.
    world.kernel.watchLimit = 100
    world.run(for: 2 * 3600)
    #expect(world.tree.status.backend == .inotify)
    #expect(world.tree.status.problems.isEmpty)
  }

  @Test(arguments: [Errno.tooManyOpenFiles, .tooManyOpenFilesInSystem])
  func `Without an inotify instance everything is polled`(error: Errno) {
    let world = WatchedWorld { $0.poll = .seconds(15) ... .seconds(15) }
    world.kernel.instanceError = error
    world.run(for: 1)
    world.writeSession("/data/a/s1")
    world.run(for: 60)
    #expect(world.settled == ["/data/a/s1"])
    #expect(world.tree.status.backend == .polling)
    #expect(world.tree.status.problems == [.instanceLimit(error)])
    #expect(world.tree.status.problems[0].description.contains("fs.inotify.max_user_instances"))
  }

  @Test(arguments: [0x6969, 0xFF53_4D42, 0x6573_5546] as [UInt])
  func `A served file system is polled, soon after something happened and seldom when nothing does`(
    magic: UInt
  ) {
    let world = WatchedWorld()
    world.kernel.magic = magic
    world.run(for: 3600)
    #expect(world.kernel.instances == 0)
    #expect(world.tree.status.backend == .polling)
    #expect(world.tree.status.pollInterval == .seconds(300))
    let looks = world.kernel.looks
    world.run(for: 3600)
    // The root, and whether it is where it was.
    #expect((22...32).contains(world.kernel.looks - looks))
    world.writeSession("/data/s1")
    world.run(for: 330)
    #expect(world.settled == ["/data/s1"])
    #expect(world.tree.status.pollInterval! < .seconds(300))
  }

  @Test func `The owner's choice goes before the file system's`() {
    let served = WatchedWorld(WatchRoot(path: "/data", backend: .inotify))
    served.kernel.magic = 0x6969
    served.run(for: 1)
    #expect(served.tree.status.backend == .inotify)
    let local = WatchedWorld(WatchRoot(path: "/data", backend: .polling))
    local.run(for: 1)
    #expect(local.tree.status.backend == .polling)
  }

  @Test func `A directory that may not be read is reported and tried again`() {
    let world = WatchedWorld()
    world.writeSession("/data/a/s1")
    world.kernel.setReadable(false, "/data/a")
    world.run(for: 30)
    #expect(world.settled.isEmpty)
    #expect(
      world.tree.status.problems == [.unreadable(count: 1, example: "/data/a", .permissionDenied)])
    world.kernel.setReadable(true, "/data/a")
    world.run(for: 100)
    #expect(world.settled == ["/data/a/s1"])
    #expect(world.tree.status.problems.isEmpty)
  }

  @Test func `A disk that fails to read is tried less and less often`() {
    let world = WatchedWorld { $0.rescan = .seconds(100_000) }
    world.writeSession("/data/a/s1")
    world.kernel.failing["/data/a"] = .ioError
    let looks = world.kernel.looks
    world.run(for: 3600)
    #expect((5...12).contains(world.kernel.looks - looks))
  }

  @Test func `A root that is not there is looked for, found, lost and found again`() {
    let world = WatchedWorld()
    world.kernel.remove("/data")
    world.run(for: 30)
    #expect(world.tree.status.problems == [.missing(.noSuchFileOrDirectory)])
    world.writeSession("/data/s1")
    world.run(for: 30)
    #expect(world.settled == ["/data/s1"] && world.tree.status.problems.isEmpty)
    world.kernel.move("/data", to: "/away")
    world.run(for: 30)
    #expect(world.settled.isEmpty && world.changing.isEmpty)
    #expect(world.tree.status.problems == [.missing(.noSuchFileOrDirectory)])
    world.kernel.write("/away/s1/s.h5")
    world.kernel.move("/away", to: "/data")
    world.run(for: 30)
    #expect(world.settled == ["/data/s1"])
  }

  @Test func `A directory above the root that is renamed takes the root with it`() {
    let world = WatchedWorld(WatchRoot(path: "/srv/lab/data"))
    world.writeSession("/srv/lab/data/s1")
    world.run(for: 30)
    #expect(world.settled == ["/srv/lab/data/s1"])
    world.kernel.move("/srv/lab", to: "/srv/old")
    world.run(for: 30)
    #expect(world.settled.isEmpty)
    #expect(world.tree.status.problems == [.missing(.noSuchFileOrDirectory)])
  }

  @Test func `A root behind a symbolic link is reported by its real path`() {
    let world = WatchedWorld(WatchRoot(path: "/link"))
    world.kernel.makeLink("/link", to: "/data")
    world.writeSession("/data/s1")
    world.run(for: 30)
    #expect(world.settled == ["/data/s1"])
  }

  @Test func `What is mounted inside is left to another tree, and its place taken back afterwards`() {
    let world = WatchedWorld()
    world.writeSession("/data/disk/s1")
    world.run(for: 30)
    let disk = MountTable(WatchedWorld.oneDisk.mounts + [Mount(id: 2, point: "/data/disk", type: "nfs4")])
    world.tree.mountsChanged(disk)
    world.run(for: 30)
    #expect(world.settled.isEmpty && world.changing.isEmpty)
    world.tree.mountsChanged(WatchedWorld.oneDisk)
    world.run(for: 30)
    #expect(world.settled == ["/data/disk/s1"])
  }

  @Test(arguments: ["/data/a/b", "/data/z/b"] as [FilePath])
  func `A directory mounted at a second place is not lost, though the mount table tells late`(place: FilePath)
  {
    let world = WatchedWorld()
    world.writeSession("/data/s/s1")
    world.kernel.makeDirectory(place.removingLastComponent())
    world.run(for: 3)
    world.kernel.bind("/data/s", at: place)
    world.run(for: 3)
    let bound = MountTable(WatchedWorld.oneDisk.mounts + [Mount(id: 2, point: place, type: "ext4")])
    world.tree.mountsChanged(bound)
    world.run(for: 30)
    #expect(world.settled == ["/data/s/s1"])
    world.kernel.write("/data/s/s1/s.h5")
    world.run(for: 1)
    #expect(world.changing == ["/data/s/s1"])
  }

  @Test func `A root that goes in mid-sweep is looked for every few seconds, not without an end`() {
    let world = WatchedWorld { $0.looksPerStep = 1 }
    for number in 0..<20 { world.kernel.makeDirectory(FilePath("/data/d\(number)")) }
    world.run(for: 0)
    world.kernel.remove("/data")
    world.tree.mountsChanged(MountTable([Mount(id: 9, point: "/", type: "ext4")]))
    for _ in 0..<5 { world.tree.step() }
    #expect(world.tree.nextStep! > world.now)
    world.run(for: 60)
    #expect(world.tree.status.problems == [.missing(.noSuchFileOrDirectory)])
  }

  @Test func `A root that cannot be read is tried again at its own times`() {
    let world = WatchedWorld()
    world.kernel.failsReading = true
    world.run(for: 600)
    #expect(world.kernel.instances == 1)
    #expect(world.tree.status.problems == [.unreadable(count: 1, example: "/data", .ioError)])
    world.kernel.failsReading = false
    world.writeSession("/data/s1")
    world.run(for: 1200)
    #expect(world.settled == ["/data/s1"])
  }

  @Test func `A root that is unmounted is missed until it is back`() {
    let mounted = MountTable(WatchedWorld.oneDisk.mounts + [Mount(id: 2, point: "/data", type: "ext4")])
    let world = WatchedWorld(mounts: mounted)
    world.writeSession("/data/s1")
    world.run(for: 30)
    world.kernel.remove("/data/s1")
    world.tree.mountsChanged(WatchedWorld.oneDisk)
    world.run(for: 30)
    #expect(world.settled.isEmpty)
    #expect(world.tree.status.problems == [.unmounted("/data")])
    world.writeSession("/data/s1")
    world.tree.mountsChanged(mounted)
    world.run(for: 30)
    #expect(world.settled == ["/data/s1"] && world.tree.status.problems.isEmpty)
  }

  @Test func `A directory that moves below what takes its place`() {
    let world = WatchedWorld()
    world.writeSession("/data/a/b/s1")
    world.run(for: 30)
    // While the root rests.
    world.kernel.makeDirectory("/data/q")
    world.run(for: 0.01)
    world.kernel.makeDirectory("/data/.n")
    world.kernel.move("/data/a", to: "/data/.n/b")
    world.kernel.move("/data/.n", to: "/data/a")
    world.kernel.makeDirectory("/data/a/b/b/z")
    world.run(for: 60)
    #expect(world.settled == ["/data/a/b/b/s1"])
  }

  @Test func `A root behind a symbolic link that leads elsewhere is found with the next rescan`() {
    let world = WatchedWorld(WatchRoot(path: "/link"))
    world.kernel.makeLink("/link", to: "/data")
    world.writeSession("/data/s1")
    world.writeSession("/other/s2")
    world.run(for: 30)
    world.kernel.makeLink("/link", to: "/other")
    world.run(for: 4200)
    #expect(world.settled == ["/other/s2"])
  }

  @Test func `One file that cannot be looked at does not hide what lies beside it`() {
    let world = WatchedWorld()
    world.kernel.write("/data/broken.h5")
    world.kernel.setReadable(false, "/data/broken.h5")
    world.writeSession("/data/s1")
    world.run(for: 30)
    #expect(world.settled == ["/data/s1"])
    #expect(world.tree.status.problems == [.unreadable(count: 1, example: "/data", .ioError)])
  }

  @Test func `A directory that may not be read does not make the rest be polled`() {
    let world = WatchedWorld()
    world.kernel.makeDirectory("/data/a")
    world.kernel.setReadable(false, "/data/a")
    world.run(for: 30)
    #expect(world.tree.status.backend == .inotify && world.tree.pollDue == nil)
  }

  @Test func `A slow directory is as old as the beginning of its look`() throws {
    let world = WatchedWorld()
    world.writeSession("/data/s1")
    world.run(for: 6)
    // It ends after the time to settle, and what it found may have been there before.
    world.kernel.lookDuration = 8
    let session = try #require(world.tree.nodes[WatchedTree.rootID]?.children["s1"])
    world.tree.look(at: session)
    #expect(world.settled.isEmpty)
    world.kernel.lookDuration = nil
    world.run(for: 30)
    #expect(world.settled == ["/data/s1"])
  }

  @Test func `Polling takes a fifth of the time at most`() {
    var schedule = PollSchedule(.seconds(15) ... .seconds(300))
    schedule.roundEnded(after: .seconds(1), foundChanges: true)
    #expect(schedule.interval == .seconds(15))
    schedule.roundEnded(after: .seconds(1000), foundChanges: true)
    #expect(schedule.interval == .seconds(5000))
    schedule.roundEnded(after: .seconds(1), foundChanges: false)
    #expect(schedule.interval == .seconds(300))
  }

  @Test func `Calls that a signal interrupts are made again`() {
    let world = WatchedWorld()
    world.writeSession("/data/a/s1")
    for _ in 0..<30 {
      world.kernel.interruptions = 3
      world.run(for: 1)
    }
    #expect(world.settled == ["/data/a/s1"])
    #expect(world.tree.status.problems.isEmpty)
  }

  @Test func `Events that come late do no harm`() {
    let world = WatchedWorld()
    world.run(for: 1)
    world.kernel.holdsEvents = true
    world.writeSession("/data/s1")
    world.kernel.remove("/data/s1")
    world.writeSession("/data/s1")
    world.kernel.move("/data/s1", to: "/data/s2")
    world.kernel.makeDirectory("/data/s1")
    world.run(for: 5)
    world.kernel.holdsEvents = false
    world.run(for: 30)
    #expect(world.settled == ["/data/s2"])
  }

  @Test func `There is a bound on directories and on entries, and it is told`() {
    let world = WatchedWorld { settings in
      settings.mostDirectories = 20
      settings.mostEntries = 10
    }
    for number in 0..<9 {
      for inner in 0..<9 { world.kernel.makeDirectory(FilePath("/data/d\(number)/e\(inner)")) }
    }
    for number in 0..<30 { world.kernel.write(FilePath("/data/d0/f\(number)")) }
    world.run(for: 30)
    #expect(world.tree.status.directories == 20)
    #expect(
      world.tree.status.problems == [.tooManyDirectories(limit: 20), .tooManyEntries("/data/d0", limit: 10)])
  }

  @Test func `Nothing happens while nothing happens, but for the hourly rescan`() {
    let world = WatchedWorld()
    for number in 0..<100 { world.writeSession(FilePath("/data/s\(number)")) }
    world.run(for: 60)
    let (looks, reports) = (world.kernel.looks, world.reports.count)
    #expect(world.tree.nextStep! > world.now + .seconds(3000))
    world.run(for: 10 * 3600)
    #expect((9 * 101...12 * 101).contains(world.kernel.looks - looks))
    #expect(world.reports.count == reports)
  }
}

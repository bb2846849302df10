import Control
import InstructionSets
import Machine
import Reporting
import SystemPackage
import Testing
import Vocabulary
import WorkerProtocol

@testable import Watching
@testable import blechctl

/// What is made of numbers and answers that somebody else has looked up.
@Suite struct DoctorCheckTests {
  private static let ground = RootPlace.Ground(
    path: "/data/lab", fileSystem: "ext4", mountPoint: "/data", isServed: false, free: 0)

  private static func ground(_ type: String, isServed: Bool = true) -> RootPlace.Ground {
    var ground = ground
    (ground.fileSystem, ground.isServed) = (type, isServed)
    return ground
  }

  /// ok, warning, or the problem's code.
  private func state(_ line: DoctorLine) -> String {
    switch line.state {
    case .ok: "ok"
    case .warning: "warning"
    case .problem(let code, _): "\(code.rawValue)"
    }
  }

  private func states(_ lines: [DoctorLine]) -> [String] { lines.map(state) }

  // MARK: Roots

  @Test(
    arguments: [
      (.there(ground), "ok", ""), (.notDirectory, "66", "name the directory itself under watch in /c.yaml"),
      (.missing(.noSuchFileOrDirectory), "66", "sudo mkdir -p /data/lab"),
      (.missing(.ioError), "73", "ls -ld /data/lab"),
      (.blocked(above: "/data", .permissionDenied), "77", "sudo setfacl -m u:blechd:--x /data"),
    ] as [(RootPlace, String, String)])
  func `What is at a root's path`(place: RootPlace, expected: String, mend: String) {
    let line = PlaceCheck(root: "/data/lab", file: "/c.yaml", user: "blechd").line(place)
    #expect(state(line) == expected)
    #expect((line.mend.first ?? "").hasPrefix(mend))
  }

  @Test func `A folder on the way that must not be passed is opened, and the root as well`() {
    let line = PlaceCheck(root: "/data/lab", file: "/c.yaml", user: "blechd").line(
      .blocked(above: "/data", .permissionDenied))
    #expect(
      line.mend == [
        "sudo setfacl -m u:blechd:--x /data",
        "sudo setfacl -R -m u:blechd:rwX -m d:u:blechd:rwX /data/lab",
      ])
  }

  @Test(
    arguments: [
      ("ext4", .permissionDenied, ["sudo setfacl -R -m u:blechd:rwX -m d:u:blechd:rwX '/data/the lab'"]),
      ("ext4", .notPermitted, ["sudo chattr -R -i -a '/data/the lab'"]),
      ("ext4", .readOnlyFileSystem, ["sudo mount -o remount,rw /data"]),
      ("ext4", .noSpace, ["free some space: sudo du -xsh '/data/the lab'/*"]),
      ("ext4", .ioError, ["see what the kernel says: sudo journalctl -k"]),
      ("cifs", .permissionDenied, ["in /etc/fstab, add uid=blechd to the options of /data", "or have"]),
      ("fuse.sshfs", .permissionDenied, ["mount /data as blechd, or with -o allow_other", "sudo setfacl"]),
      ("nfs4", .permissionDenied, ["on the file server: sudo setfacl", "or have"]),
    ] as [(String, Errno, [String])])
  func `The command that lets a user write fits the file system and the error`(
    type: String, error: Errno, expected: [String]
  ) {
    let commands = GrantAdvice(
      user: "blechd", root: "/data/the lab", ground: Self.ground(type), error: error
    ).commands
    #expect(commands.count == expected.count)
    for (command, start) in zip(commands, expected) { #expect(command.hasPrefix(start)) }
  }

  @Test func `Where setfacl is missing it is to be installed first`() {
    let advice = GrantAdvice(user: "a", root: "/d", hasSetfacl: false)
    #expect(advice.commands.first == "sudo apt-get install -y acl" && advice.commands.count == 2)
  }

  @Test func `A trial that was refused says at which step, and names what it left`() {
    let check = PermissionCheck(root: "/d", user: "blechd", ground: Self.ground, hasSetfacl: true)
    #expect(state(check.line(nil)) == "ok")
    let refused = check.line(.init(step: .make, error: .permissionDenied))
    #expect(state(refused) == "77" && refused.fact.hasPrefix("a file could not be made as blechd"))
    let left = check.line(.init(step: .remove, error: .notPermitted, leftover: "/d/.x y"))
    #expect(left.fact.hasPrefix("a file could not be removed") && left.mend.last == "sudo rm '/d/.x y'")
    #expect(state(check.line(.init(step: .make, error: .readOnlyFileSystem))) == "73")
  }

  @Test func `Session folders that must not be written are counted`() {
    let check = PermissionCheck(root: "/d", user: "blechd", ground: Self.ground, hasSetfacl: true)
    #expect(check.line(lockedSessions: [], of: 9) == nil)
    let line = check.line(lockedSessions: ["/d/a", "/d/b"], of: 9)
    #expect(line?.fact.contains("2 of 9 session folders, such as /d/a") == true)
    #expect(line.map(state) == "77")
  }

  @Test(arguments: [(1024 << 20, "ok"), ((1024 << 20) - 1, "73"), (0, "73"), (Int.max, "ok")])
  func `Room is compared with what is to be left`(free: Int, expected: String) {
    #expect(state(DiskCheck(path: "/d", minimumMB: 1024, file: "/c.yaml").line(free: free)) == expected)
  }

  // MARK: Watching

  @Test(
    arguments: [
      (3, 1, ["ok", "ok", "ok"]), (600, 96, ["ok", "ok", "ok"]), (601, 97, ["warning", "warning", "ok"]),
      (5000, 500, ["warning", "warning", "ok"]),
    ])
  func `The kernel's limits are warned of above three quarters`(
    directories: Int, trees: Int, expected: [String]
  ) {
    let lines = InotifyCheck(directories: directories, trees: trees).lines(
      .init(watches: 800, instances: 128, queuedEvents: 16_384))
    #expect(states(lines) == expected)
  }

  @Test func `A limit is raised at once and for good, with room to spare`() {
    let lines = InotifyCheck(directories: 700_000, trees: 1).lines(
      .init(watches: 65_536, instances: 128, queuedEvents: 100))
    #expect(
      lines[0].mend == [
        "sudo sysctl -w fs.inotify.max_user_watches=2097152",
        "echo fs.inotify.max_user_watches=2097152 | sudo tee -a /etc/sysctl.d/90-blechd.conf",
      ])
    #expect(lines[0].fact.hasSuffix("too few"))
    #expect(states(lines) == ["warning", "ok", "warning"])
    #expect(states(InotifyCheck(directories: 1, trees: 1).lines(nil)) == ["warning"])
  }

  private func watching(
    _ change: (inout TreeStatus) -> Void = { _ in }, inForce: String? = nil,
    wanted: WatchRoot.Backend = .auto, ground: RootPlace.Ground = ground
  ) -> [DoctorLine] {
    var tree = TreeStatus(path: "/data/lab")
    (tree.backend, tree.directories, tree.watched, tree.isScanned) = (.inotify, 12, 12, true)
    change(&tree)
    return WatchingCheck(root: "/data/lab", file: "/c.yaml", user: "blechd", hasSetfacl: true).lines(
      RootStatus(root: tree, nested: []), inForce: inForce, wanted: wanted, ground: ground)
  }

  @Test func `A scan tells how many directories there are, and how they are watched`() {
    #expect(watching().map(\.fact) == ["12 directories, would be watched with inotify"])
    #expect(
      watching(inForce: "both").map(\.fact) == ["12 directories, watched by the daemon with both"])
    #expect(states(watching { $0.isScanned = false }) == ["ok", "warning"])
  }

  @Test(
    arguments: [
      (nil, "auto", .inotify, .auto, true), (nil, "polling", .polling, .polling, false),
      (nil, "inotify", .inotify, .inotify, true), (nil, "auto", .both, .auto, true),
      ("inotify", "auto", .polling, .polling, true), ("polling", "auto", .polling, .polling, false),
    ] as [(String?, String, TreeStatus.Backend, WatchRoot.Backend, Bool)])
  func `The watches of a daemon are not taken a second time`(
    inForce: String?, wanted: String, scanned: TreeStatus.Backend, scan: WatchRoot.Backend, usesEvents: Bool
  ) {
    let root = DoctorPart.Root(
      path: "/d", backend: wanted, exclusions: [], backendInForce: inForce, minimumFreeMB: 0, file: "/c",
      user: "a")
    #expect(root.scanBackend == scan && root.usesEvents(scanned: scanned) == usesEvents)
  }

  @Test func `inotify on a share that others change is warned of`() {
    #expect(states(watching(wanted: .inotify, ground: Self.ground("nfs4"))) == ["ok", "warning"])
    #expect(states(watching(wanted: .auto, ground: Self.ground("nfs4"))) == ["ok"])
    #expect(states(watching(wanted: .inotify)) == ["ok"])
  }

  @Test(
    arguments: [
      (.missing(.noSuchFileOrDirectory), "66"), (.unmounted("/data"), "66"), (.hangs, "75"),
      (.unreadable(count: 2, example: "/data/lab/x", .permissionDenied), "warning"),
      (.watchLimit(polled: 5, advisedLimit: 524_288), "warning"),
      (.instanceLimit(.tooManyOpenFiles), "warning"), (.overflow, "warning"),
      (.tooManyDirectories(limit: 3), "warning"), (.tooManyEntries("/data/lab", limit: 3), "warning"),
      (.tooManyMounts(limit: 3), "warning"),
    ] as [(WatchProblem, String)])
  func `What a scan met is told with what mends it`(problem: WatchProblem, expected: String) {
    let lines = watching { $0.problems = [problem] }
    #expect(states(lines) == ["ok", expected])
    #expect(
      lines[1].mend.allSatisfy { !$0.isEmpty } && !lines[1].mend.isEmpty && !lines[1].fact.contains(";"))
  }

  @Test func `An event that does not come is a reason to poll`() {
    let check = EventCheck(root: "/d", file: "/c.yaml")
    #expect(check.line(.told(after: .microseconds(1540))).fact == "a new file was told of after 1.5 ms")
    let silent = check.line(.silent)
    #expect(state(silent) == "78" && silent.mend == ["backend: polling, below path: /d, in /c.yaml"])
    #expect(check.polled.fact == "not needed: it is looked at every 15 s to 300 s")
    let steps: [EventProbe.Refusal.Step] = [.finding, .instance, .watch, .makingAFile]
    for step in steps {
      #expect(state(check.line(EventProbe.Refusal(step: step, error: .noSpace))) == "warning")
    }
  }

  // MARK: Workers

  private func probed(
    _ lock: ProbeResult.Lock = .excludes, hasLease: Bool = true, _ failure: Failure? = nil
  ) -> ProbeResult {
    ProbeResult(
      lock: lock, hasLease: hasLease, commitFailure: failure, libraryVersion: "1.10.8",
      instructionSet: "x86-64-v3")
  }

  @Test func `Locks that do not work are told with what that means`() {
    let check = LockingCheck(root: "/d", ground: Self.ground("nfs"))
    #expect(states(check.lines(probed())) == ["ok"])
    #expect(check.lines(probed(hasLease: false))[0].fact.contains("there are no leases"))
    #expect(states(check.lines(probed(.doesNotExclude))) == ["warning"])
    let refused = check.lines(probed(.refused("No locks available")))
    #expect(states(refused) == ["73"] && refused[0].mend[0].contains("rpc-statd"))
    let failed = check.lines(probed(.excludes, Failure(.temporary, "/d/.x", "is busy", remedy: "wait")))
    #expect(states(failed) == ["ok", "75"] && failed[1].mend == ["wait"])
    let mends = Set(
      ["nfs", "lustre", "cifs", "xfs"].map { type in
        LockingCheck(root: "/d", ground: Self.ground(type)).lines(probed(.doesNotExclude))[0].mend[0]
      })
    #expect(mends.count == 4)
  }

  @Test func `The worker's build is told beside what the processor has`() {
    let old = ProcessorFeatures(cpuInfo: "flags : cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3")
    let line = WorkerCheck.line("/w", .success(probed()), processor: old)
    #expect(
      line.fact == "runs here, built for x86-64-v3; the processor has x86-64-v2; libhdf5 1.10.8")
    let failure = Failure(.internalError, "/w", "cannot be run", remedy: "")
    let failed = WorkerCheck.line("/w", .failure(failure))
    #expect(state(failed) == "70" && failed.mend == ["please report this"])
  }

  // MARK: The machine

  @Test(
    arguments: [
      (.writable, .blechd, "ok"), (.missing(parent: "/a", nil), .blechd, "ok"),
      (.missing(parent: "/a", .permissionDenied), .blechd, "77"),
      (.missing(parent: "/a", .permissionDenied), .systemd, "ok"),
      (.missing(parent: "/a", .permissionDenied), .administrator, "warning"),
      (.missing(parent: "/a", .readOnlyFileSystem), .blechd, "73"),
      (.refused(.permissionDenied), .systemd, "77"), (.refused(.noSpace), .blechd, "73"),
      (.notDirectory, .blechd, "73"),
    ] as [(DirectoriesCheck.Outcome, DirectoriesCheck.Maker, String)])
  func `The daemon's own folders can be written, or made`(
    outcome: DirectoriesCheck.Outcome, maker: DirectoriesCheck.Maker, expected: String
  ) {
    let account = Account(name: "blechd", userID: 7, groupID: 8, groups: [8])
    let line = DirectoriesCheck(account: account, maker: maker).line("/a/b", outcome)
    #expect(state(line) == expected)
    if case .missing(_, .permissionDenied?) = outcome, maker != .systemd {
      #expect(line.mend[0] == "sudo install -d -o blechd -g 8 -m 755 /a/b")
    }
  }

  @Test func `A socket's path is measured in bytes`() {
    let name = "/" + String(repeating: "é", count: 53)
    #expect(DirectoriesCheck.line(socket: name) == nil)
    #expect(DirectoriesCheck.line(socket: name + "e").map(state) == "64")
  }

  private func status(
    _ problems: [String] = [], version: String = Software.version, configuration: String = "/c.yaml"
  ) -> StatusDocument {
    StatusDocument(
      written: "",
      daemon: .init(
        version: version, pid: 7, started: "2026-01-31T10:00:00Z", state: .watching, dryRun: false,
        configuration: configuration),
      watches: [
        .init(
          path: "/d", fileSystem: "ext4", backend: "inotify", directories: 5, watched: 5, pollIntervalS: nil,
          scanned: true, problems: problems)
      ], sessions: [])
  }

  @Test func `A daemon that runs tells of itself`() {
    let check = DaemonCheck(file: "/c.yaml")
    let running = check.lines(.success(status()), at: "/s")
    #expect(states(running) == ["ok"])
    #expect(
      running[0].fact
        == "runs since 2026-01-31T10:00:00Z (process 7) and watches: 1 watches, 5 directories, 0 problems")
    let troubled = check.lines(.success(status(["it is; do this"])), at: "/s")
    #expect(states(troubled) == ["ok", "warning"])
    #expect(troubled[1].fact == "it is" && troubled[1].mend == ["do this"])
    #expect(states(check.lines(.success(status(version: "0")), at: "/s")) == ["ok", "warning"])
    let other = check.lines(.success(status(configuration: "/o.yaml")), at: "/s")
    #expect(states(other) == ["ok", "warning"] && other[1].mend == ["blechctl doctor --config /o.yaml"])
  }

  @Test func `A daemon that does not run is told from one that hangs`() {
    let check = DaemonCheck(file: nil)
    let absent = Failure(.unavailable, "/s", ControlClient.absence, remedy: "start it")
    #expect(states(check.lines(.failure(absent), at: "/s")) == ["ok"])
    let hung = Failure(.unavailable, "/s", "does not answer within 10 s", remedy: "restart it")
    #expect(states(check.lines(.failure(hung), at: "/s")) == ["69"])
  }

  @Test(
    arguments: [
      ("LoadState=not-found\nActiveState=inactive\nUnitFileState=\nDelegate=no", ["ok"], "ok"),
      ("LoadState=loaded\nActiveState=active\nUnitFileState=enabled\nDelegate=yes", ["ok"], "ok"),
      (
        "LoadState=loaded\nActiveState=inactive\nUnitFileState=disabled\nDelegate=no",
        ["warning", "warning"], "warning"
      ),
      ("LoadState=loaded\nActiveState=failed\nUnitFileState=enabled\nDelegate=yes", ["69"], "ok"),
      ("LoadState=masked\nActiveState=inactive\nUnitFileState=masked\nDelegate=no", ["warning"], "warning"),
      ("LoadState=bad-setting\nActiveState=inactive\nUnitFileState=enabled\nDelegate=yes", ["78"], "ok"),
      ("", ["ok"], "ok"),
    ])
  func `What systemd tells of the unit`(text: String, expected: [String], groups: String) {
    let unit = SystemdCheck.Unit(text)
    #expect(states(SystemdCheck(isOwn: false, file: "/c.yaml").lines(.present(unit))) == expected)
    let check = ControlGroupCheck(obstacle: nil, systemd: .present(unit), isOwn: false)
    #expect(state(check.line) == groups)
  }

  @Test func `Without systemd, blechd can be started by hand`() {
    let lines = SystemdCheck(isOwn: true, file: "/a b.yaml").lines(.absent)
    #expect(states(lines) == ["ok"] && lines[0].fact.hasSuffix("blechd --config '/a b.yaml'"))
    #expect(states(SystemdCheck(isOwn: true, file: "/c").lines(.silent)) == ["warning"])
    #expect(SystemdCheck.Unit("User=lab\n").user == "lab" && SystemdCheck.Unit("User=\n").user == nil)
  }

  @Test func `Who enforces limits depends on the hierarchy and the delegation`() {
    func fact(_ obstacle: ControlGroupObstacle?, _ text: String) -> String {
      ControlGroupCheck(obstacle: obstacle, systemd: .present(.init(text)), isOwn: false).line.fact
    }
    let byDaemon = "the daemon itself enforces the limits"
    #expect(
      fact(.noHierarchy, "LoadState=loaded\nDelegate=yes") == "cgroup version 2 is not mounted: \(byDaemon)")
    #expect(fact(nil, "LoadState=loaded\nDelegate=yes").hasSuffix("the kernel enforces the limits"))
    #expect(fact(nil, "LoadState=loaded\nDelegate=no").hasSuffix(byDaemon))
  }

  @Test func `What a daemon says of its limits counts for more than what the unit lets one expect`() {
    func line(_ obstacle: ControlGroupObstacle?, _ text: String) -> DoctorLine {
      ControlGroupCheck(
        obstacle: obstacle, systemd: .present(.init(text)), isOwn: false, inForce: "rlimits (cgroups: taken)"
      ).line
    }
    let known = "in force now: rlimits (cgroups: taken)"
    #expect(line(.noHierarchy, "").fact == known && line(nil, "").fact == known)
    #expect(line(nil, "LoadState=loaded\nDelegate=yes").fact == known)
    let other = line(nil, "LoadState=loaded\nDelegate=no")
    #expect(other.fact.hasSuffix(known) && state(other) == "warning")
  }
}

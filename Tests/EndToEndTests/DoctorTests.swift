import Foundation
import Subprocess
import TestSupport
import Testing

/// `blechctl doctor` as a lab's manager meets it.
@Suite struct DoctorTests {
  struct Document: Decodable {
    struct Line: Decodable {
      let check, state, subject, fact: String
      let mend: [String]
    }

    let exitCode: Int32
    let lines: [Line]

    func lines(_ check: String, at subject: String? = nil) -> [Line] {
      lines.filter { $0.check == check && (subject == nil || $0.subject == subject) }
    }

    func states(_ check: String, at subject: String? = nil) -> [String] {
      lines(check, at: subject).map(\.state)
    }
  }

  private func configuration(_ scratch: Scratch, _ roots: [String], _ more: String = "") throws -> String {
    let watch = roots.map { "  - path: \($0)\n" }.joined()
    return try scratch.write("blechd.yaml", "watch:\n\(watch)\(more)")
  }

  private func makeFolder(_ scratch: Scratch, _ name: String, mode: Int = 0o755) throws -> String {
    try FileManager.default.createDirectory(
      atPath: scratch.path(name), withIntermediateDirectories: true, attributes: [.posixPermissions: mode])
    // The umask has a say in it otherwise.
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: scratch.path(name))
    return scratch.path(name)
  }

  private func environment(_ scratch: Scratch, _ changes: [String: String] = [:]) -> Environment {
    let home = Blechctl(home: URL(filePath: scratch.path("home")))
    return home.environment(changes).updating(["XDG_RUNTIME_DIR": nil, "RUNTIME_DIRECTORY": nil])
  }

  /// Runs `command`, which prints a document.
  private func document(
    of command: [String], _ scratch: Scratch, _ changes: [String: String] = [:]
  ) async throws -> Document {
    let run = try await Blechctl.run(command, environment: environment(scratch, changes))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      let document = try decoder.decode(Document.self, from: Data(run.output.utf8))
      #expect(document.exitCode == run.exitCode)
      return document
    } catch {
      Issue.record("\(run)")
      throw error
    }
  }

  private func doctor(
    _ scratch: Scratch, _ file: String, _ options: [String] = ["--user"], _ changes: [String: String] = [:]
  ) async throws -> Document {
    try await document(
      of: [Blechctl.program, "doctor", "--json", "--config", file] + options, scratch, changes)
  }

  @Test func `Where all is well it says so, and leaves nothing behind`() async throws {
    try await withScratchAsync { scratch in
      let root = try makeFolder(scratch, "lab")
      let session = try makeFolder(scratch, "lab/2026/s1")
      try scratch.write("lab/2026/s1/s1.h5", "")
      let file = try configuration(scratch, [root], "limits: {free_disk_min_mb: 0}\n")
      let found = try await doctor(scratch, file)
      #expect(found.exitCode == 0, "\(found)")
      for check in ["config", "root", "disk", "permission", "watching", "locking", "worker"] {
        #expect(Set(found.states(check)) == ["ok"], "\(found.lines(check))")
      }
      #expect(found.lines("watching")[0].fact.hasPrefix("3 directories, would be watched with"))
      #expect(found.lines("inotify").count == 3 && found.lines("daemon").count == 1)
      #expect(try FileManager.default.contentsOfDirectory(atPath: root) == ["2026"])
      #expect(try FileManager.default.contentsOfDirectory(atPath: session) == ["s1.h5"])
      #expect(!FileManager.default.fileExists(atPath: scratch.path("home")))
      let text = try await Blechctl.run(
        [Blechctl.program, "doctor", "--user", "--config", file], environment: environment(scratch))
      #expect(text.exitCode == 0 && text.output.hasPrefix("STATE") && text.errors == "")
    }
  }

  @Test func `A folder that is not there does not keep the others from being looked at`() async throws {
    try await withScratchAsync { scratch in
      let (good, none) = (try makeFolder(scratch, "lab"), scratch.path("none"))
      let text = try scratch.write("text", "")
      let found = try await doctor(scratch, try configuration(scratch, [none, good, text]))
      #expect(found.exitCode == 66)
      #expect(found.states("root") == ["problem", "ok", "problem"])
      #expect(found.lines("root", at: none)[0].mend[0].hasPrefix("sudo mkdir -p \(none)"))
      #expect(found.states("permission", at: good) == ["ok"])
    }
  }

  @Test func `Every mistake in the configuration is told, and the machine is looked at all the same`()
    async throws
  {
    try await withScratchAsync { scratch in
      let file = try scratch.write("blechd.yaml", "watch: [{path: lab}]\nsettle_secnds: 10\n")
      let found = try await doctor(scratch, file)
      #expect(found.exitCode == 78)
      #expect(found.lines("config").map(\.subject) == ["\(file):1", "\(file):2"])
      #expect(found.states("worker") == ["ok"] && found.lines("systemd").count > 0)
      let missing = try await doctor(scratch, scratch.path("other.yaml"))
      #expect(missing.exitCode == 78 && missing.states("config") == ["problem"])
    }
  }

  @Test func `Too little room is told with how much is missing`() async throws {
    try await withScratchAsync { scratch in
      let root = try makeFolder(scratch, "lab")
      let file = try configuration(scratch, [root], "limits: {free_disk_min_mb: 999999999}\n")
      let found = try await doctor(scratch, file)
      #expect(found.exitCode == 73)
      // The state directory as well.
      #expect(found.states("disk") == ["problem", "problem"])
    }
  }

  @Test func `Which limits are in force is what the daemon says`() async throws {
    try await RunningDaemon.run(runsJobs: true) { daemon in
      let limits = try #require(try daemon.status().work?.limits)
      let found = try await doctor(
        daemon.scratch, daemon.configuration, ["--runtime-directory", daemon.runtime])
      let line = try #require(found.lines("cgroup").first)
      #expect(line.fact.hasSuffix("in force now: \(limits)"), "\(line)")
    }
  }

  @Test func `A worker that is missing or does not work is told`() async throws {
    try await withScratchAsync { scratch in
      let file = try configuration(scratch, [try makeFolder(scratch, "lab")])
      let none = try await doctor(scratch, file, ["--user"], ["BLECHD_WORKER": "/none"])
      #expect(none.exitCode == 70 && none.states("worker") == ["problem"])
      #expect(none.states("locking") == ["problem"] && none.states("permission") == ["ok"])
      let dead = try await doctor(
        scratch, file, ["--user"], ["BLECHD_WORKER": try scratch.script("exit 3")])
      #expect(dead.exitCode == 70 && dead.states("worker") == ["problem"])
    }
  }

  @Test func `A user that is not there, or is not asked for in vain, is told`() async throws {
    try await withScratchAsync { scratch in
      let file = try configuration(scratch, [try makeFolder(scratch, "lab")])
      for (options, code) in [(["--as", "no-such-user"], 64), (["--user", "--as", "root"], 64)]
        as [([String], Int32)]
      {
        let run = try await Blechctl.run(
          [Blechctl.program, "doctor", "--config", file] + options, environment: environment(scratch))
        #expect(run.exitCode == code && run.output == "", "\(run)")
      }
    }
  }

  // MARK: Permissions

  /// The programs where anybody may run them, and a shell command that does so as nobody.
  private func asNobody(_ scratch: Scratch) throws -> [String] {
    let programs = try makeFolder(scratch, "bin")
    for program in [Blechctl.program, Blechctl.worker] {
      try FileManager.default.copyItem(
        atPath: program, toPath: "\(programs)/\(URL(filePath: program).lastPathComponent)")
    }
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scratch.path)
    let file = scratch.path("blechd.yaml")
    return ["\(programs)/blechctl", "doctor", "--json", "--config", file]
  }

  @Test(.enabled("needs root", { geteuid() == 0 }))
  func `As root it tries as the daemon's user, and tells the command that lets it write`() async throws {
    try await withScratchAsync { scratch in
      let root = try makeFolder(scratch, "lab")
      _ = try configuration(scratch, [root])
      let command = try asNobody(scratch)
      let refused = try await document(of: command + ["--as", "nobody"], scratch)
      #expect(refused.exitCode == 77 && refused.states("permission") == ["problem"])
      #expect(refused.lines("user")[0].subject == "nobody")
      let grant = "sudo setfacl -R -m u:nobody:rwX -m d:u:nobody:rwX \(root)"
      #expect(refused.lines("permission")[0].mend.last == grant)
      // Root itself is not refused.
      #expect(try await document(of: command + ["--as", "root"], scratch).states("permission") == ["ok"])
    }
  }

  private static let hasSetfacl = ConditionTrait.enabled("setfacl is not installed, or this is not root") {
    let look = try await Blechctl.run(["sh", "-c", "command -v setfacl"])
    return geteuid() == 0 && look.exitCode == 0
  }

  @Test(hasSetfacl) func `The command that it tells mends it, on the way to the folder as well`() async throws
  {
    try await withScratchAsync { scratch in
      _ = try makeFolder(scratch, "closed", mode: 0o700)
      let root = try makeFolder(scratch, "closed/lab", mode: 0o700)
      _ = try makeFolder(scratch, "closed/lab/s1", mode: 0o700)
      try scratch.write("closed/lab/s1/s1.h5", "")
      _ = try configuration(scratch, [root])
      let command = try asNobody(scratch) + ["--as", "nobody"]
      let refused = try await document(of: command, scratch)
      #expect(refused.exitCode == 77)
      let mend = refused.lines("root")[0].mend.map { String($0.dropFirst("sudo ".count)) }
      #expect(mend.count == 2)
      let run = try await Blechctl.run(["sh", "-euxc", mend.joined(separator: "\n")])
      #expect(run.exitCode == 0, "\(run)")
      let mended = try await document(of: command, scratch)
      #expect(Set(mended.states("permission")) == ["ok"] && mended.states("locking") == ["ok"], "\(mended)")
      #expect(mended.exitCode == 0)
    }
  }

  @Test func `A folder that whoever runs it may not write is told, and so are session folders in it`()
    async throws
  {
    try await withScratchAsync { scratch in
      let locked = try makeFolder(scratch, "locked", mode: 0o755)
      let open = try makeFolder(scratch, "open", mode: 0o777)
      _ = try makeFolder(scratch, "open/s1", mode: 0o755)
      try scratch.write("open/s1/s1.h5", "")
      _ = try configuration(scratch, [locked, open])
      let isRoot = geteuid() == 0
      if !isRoot {
        for path in [locked, scratch.path("open/s1")] {
          try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: path)
        }
      }
      let command = try asNobody(scratch) + ["--user"]
      _ = try makeFolder(scratch, "home", mode: 0o777)
      let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
      let found = try await document(of: (isRoot ? nobody : []) + command, scratch)
      if !isRoot {
        for path in [locked, scratch.path("open/s1")] {
          try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        }
      }
      #expect(found.exitCode == 77)
      #expect(found.states("permission", at: locked) == ["problem"])
      #expect(found.states("permission", at: open) == ["ok", "problem"])
      #expect(found.lines("permission", at: open)[1].fact.contains("1 of 1 session folders"))
      #expect(found.states("locking", at: open) == ["ok"])
    }
  }

  // MARK: Other file systems

  /// Runs `doctor` after a shell script has mounted something, in a namespace of its own.
  private func mounting(
    _ script: String, _ scratch: Scratch, then after: String = ""
  ) async throws -> Document {
    let doctor = "\"\(Blechctl.program)\" doctor --user --json --config \"\(scratch.path("blechd.yaml"))\""
    return try await document(
      of: ["unshare", "-m", "sh", "-euc", "\(script)\n\(doctor) && code=0 || code=$?\n\(after)\nexit $code"],
      scratch)
  }

  @Test(canMount) func `What is mounted inside a root is named, and a full or read-only one is told`()
    async throws
  {
    try await withScratchAsync { scratch in
      let root = try makeFolder(scratch, "lab")
      let (inside, fixed) = (try makeFolder(scratch, "lab/inside"), try makeFolder(scratch, "fixed"))
      _ = try configuration(scratch, [root, fixed])
      let found = try await mounting(
        """
        mount -t tmpfs -o size=4m tmpfs "\(inside)"
        mount -t tmpfs -o ro tmpfs "\(fixed)"
        """, scratch)
      #expect(found.exitCode == 73)
      #expect(found.lines("watching", at: root)[0].fact.contains("tmpfs at \(inside)"), "\(found)")
      #expect(found.lines("root", at: fixed)[0].fact == "is there, on tmpfs mounted at \(fixed)")
      #expect(found.lines("permission", at: fixed)[0].mend == ["sudo mount -o remount,rw \(fixed)"])
    }
  }

  private static let hasFUSE = ConditionTrait.enabled("bindfs, /dev/fuse or root is missing") {
    let look = try await Blechctl.run([
      "sh", "-c", "command -v bindfs && test -c /dev/fuse && unshare -m true",
    ])
    return geteuid() == 0 && look.exitCode == 0
  }

  @Test(hasFUSE) func `A served file system is polled, and no event is waited for`() async throws {
    try await withScratchAsync { scratch in
      let (source, root) = (try makeFolder(scratch, "source"), try makeFolder(scratch, "lab"))
      _ = try configuration(scratch, [root])
      let found = try await mounting("bindfs \"\(source)\" \"\(root)\"", scratch, then: "umount \"\(root)\"")
      #expect(found.exitCode == 0, "\(found)")
      #expect(found.lines("root")[0].fact == "is there, on fuse mounted at \(root)")
      #expect(found.lines("watching")[0].fact == "1 directories, would be watched with polling")
      #expect(found.lines("events")[0].fact.hasPrefix("not needed"))
      #expect(found.states("locking") == ["ok"])
    }
  }

  @Test(hasFUSE) func `A mount that hangs is told, and holds nothing else up`() async throws {
    try await withScratchAsync { scratch in
      let (source, root) = (try makeFolder(scratch, "source"), try makeFolder(scratch, "lab"))
      let good = try makeFolder(scratch, "good")
      _ = try configuration(scratch, [root, good])
      let found = try await mounting(
        """
        bindfs -f "\(source)" "\(root)" & server=$!
        until mountpoint -q "\(root)"; do sleep 0.05; done
        kill -STOP $server
        """, scratch, then: "kill -KILL $server")
      #expect(found.exitCode == 75, "\(found)")
      #expect(found.states("root", at: root) == ["problem"])
      #expect(found.lines("root", at: root)[0].fact.hasPrefix("does not answer"))
      #expect(found.states("root", at: good) == ["ok"] && found.states("locking", at: good) == ["ok"])
      #expect(found.lines("cgroup").count == 1)
    }
  }

  // MARK: Interruption and the daemon

  @Test func `Ctrl-C ends it, what it started, and leaves nothing`() async throws {
    try await withScratchAsync { scratch in
      let root = try makeFolder(scratch, "lab")
      let file = try configuration(scratch, [root])
      let temporary = try makeFolder(scratch, "tmp")
      // A worker that never answers, under a name of its own.
      let seconds = "3600.\(UInt32.random(in: 1 ... .max))"
      let worker = try scratch.script("echo >> \"$0.started\"; exec sleep \(seconds)")
      let result = try await Subprocess.run(
        .path(.init(Blechctl.program)), arguments: ["doctor", "--user", "--config", file],
        environment: environment(scratch, ["BLECHD_WORKER": worker, "TMPDIR": temporary]), input: .none,
        output: .discarded, error: .discarded
      ) { execution in
        // One for the root, one for the check of the worker.
        while (try? scratch.text("script.started")) != "\n\n" {
          try await Task.sleep(for: .milliseconds(50))
        }
        try execution.send(signal: .interrupt)
      }
      // Where the machine is so busy that the steps' time was over before, they are told as hanging.
      #expect([.exited(130), .exited(75)].contains(result.terminationStatus))
      #expect(try FileManager.default.contentsOfDirectory(atPath: root) == [])
      #expect(try FileManager.default.contentsOfDirectory(atPath: temporary) == [])
      #expect(try await Blechctl.run(["pgrep", "-f", "sleep \(seconds)"]).output == "")
    }
  }

  @Test func `A daemon that runs is asked`() async throws {
    try await withScratchAsync { scratch in
      let root = try makeFolder(scratch, "lab")
      let file = try configuration(scratch, [root])
      let runtime = scratch.path("run")
      let result = try await Subprocess.run(
        .path(.init(Blechctl.products.appending(path: "blechd").path)),
        arguments: [
          "--config", file, "--state-directory", scratch.path("state"), "--runtime-directory", runtime,
        ],
        environment: environment(scratch), input: .none, output: .discarded, error: .discarded
      ) { execution in
        while true {
          let status = try? scratch.text("run/status.json")
          if status?.contains("\"watching\"") == true,
            FileManager.default.fileExists(atPath: runtime + "/control.sock")
          {
            break
          }
          try await Task.sleep(for: .milliseconds(50))
        }
        let found = try await doctor(scratch, file, ["--runtime-directory", runtime])
        try execution.send(signal: .terminate)
        return found
      }
      let found = result.closureResult
      #expect(found.exitCode == 0, "\(found)")
      #expect(found.lines("daemon")[0].fact.hasPrefix("runs since "))
      #expect(found.lines("daemon")[0].fact.hasSuffix("watches: 1 watches, 1 directories, 0 problems"))
      #expect(found.lines("watching")[0].fact == "1 directories, watched by the daemon with inotify")
      #expect(found.states("events") == ["ok"])
    }
  }
}

import Foundation
import Jobs
import TestSupport
import Testing
import Vocabulary
import WorkerProtocol

/// `blechd-worker notify` with shell scripts as the owner's command.
@Suite(.timeLimit(.minutes(20))) struct NotifyTests {
  private func notify(
    _ arguments: [String], input: String = "{}", bounds: WorkerBounds? = nil
  ) async throws -> WorkerMessage.Outcome {
    try await WorkerProcess(WorkerExecutable(path: Blechctl.worker)).run(
      .notify(NotifyTask(arguments: arguments, input: input)), bounds: bounds)
  }

  private func failure(_ arguments: [String], input: String = "{}") async -> Failure? {
    await #expect(throws: Failure.self) { try await notify(arguments, input: input) }
  }

  @Test func `The command gets its arguments, and the whole text on its stdin`() async throws {
    try await withScratchAsync { scratch in
      let text = "{\"a\": \"é\\n" + String(repeating: "x", count: 1_000_000) + "\"}"
      let script = try scratch.script(
        "cat > '\(scratch.path("input"))'; printf '%s|' \"$@\" > '\(scratch.path("arguments"))'")
      #expect(try await notify([script, "a b", "", "$HOME"], input: text) == .notified)
      #expect(try scratch.text("input") == text)
      #expect(try scratch.text("arguments") == "a b||$HOME|")
    }
  }

  @Test func `A command need not read, and what it prints is no message`() async throws {
    try await withScratchAsync { scratch in
      let script = try scratch.script("echo to stdout; echo to stderr >&2; exec 0<&-")
      #expect(try await notify([script], input: String(repeating: "x", count: 1_000_000)) == .notified)
    }
  }

  @Test func `Nothing that the worker has open is open in the command, and a closed pipe ends it`()
    async throws
  {
    try await withScratchAsync { scratch in
      // `ls` itself has the directory open that it lists.
      let script = try scratch.script(
        """
        ls /proc/self/fd > '\(scratch.path("files"))'
        grep SigIgn /proc/self/status > '\(scratch.path("ignored"))'
        """)
      _ = try await notify([script])
      #expect(try scratch.text("files") == "0\n1\n2\n3\n")
      let ignored = try #require(UInt64(scratch.text("ignored").suffix(17).dropLast(), radix: 16))
      #expect(ignored & 1 << (SIGPIPE - 1) == 0)
    }
  }

  @Test func `A command that fails is named, and how it ended`() async throws {
    try await withScratchAsync { scratch in
      let script = try scratch.script("eval \"$1\"")
      #expect(await failure([script, "exit 3"])?.what == "ended with status 3")
      let signaled = await failure([script, "kill -KILL $$"])
      #expect(signaled?.what == "was ended by signal 9" && signaled?.place == script)
    }
  }

  @Test(arguments: [[], [""], ["relative"], ["/no/such/program"], ["/etc/passwd"]])
  func `A command that cannot be started is named`(arguments: [String]) async {
    let failure = await failure(arguments)
    #expect(failure?.code == .badConfiguration)
    #expect(failure?.place == arguments.first ?? "notify.command")
  }

  @Test func `The command ends with the worker, at its bound as well as when its parent is gone`()
    async throws
  {
    try await withScratchAsync { scratch in
      let script = try scratch.script(
        "trap '' TERM; echo $$ > '\(scratch.path("pid.new"))'; mv '\(scratch.path("pid.new"))' '\(scratch.path("pid"))'; sleep 1000000"
      )
      let bounds = WorkerBounds(wallTime: .seconds(2), memory: 1 << 30)
      let failure = await #expect(throws: Failure.self) { try await notify([script], bounds: bounds) }
      #expect(
        failure?.place == script
          && failure?.what == "the command took longer than the 2 s allowed, and was ended")
      try await expectEnd(scratch)
      let request = WorkerRequest(.notify(NotifyTask(arguments: [script], input: "")))
      let line = String(decoding: try JSONEncoder().encode(request), as: UTF8.self)
      // The shell's end of the pipe closes; the worker leads a group, as under blechd.
      let parent = try scratch.write(
        "parent", "(printf '%s\\n' \"$1\"; while [ ! -e \"$2/pid\" ]; do sleep 0.05; done) | setsid \"$3\"\n")
      let run = try await Blechctl.run(["/bin/sh", parent, line, scratch.path, Blechctl.worker])
      #expect(run.output.isEmpty)
      try await expectEnd(scratch)
    }
  }

  @Test func `The command ends when its worker and the daemon are killed together`() async throws {
    try await withScratchAsync { scratch in
      let script = try scratch.script(
        """
        trap '' TERM
        echo $PPID > '\(scratch.path("worker"))'
        echo $$ > '\(scratch.path("pid.new"))'; mv '\(scratch.path("pid.new"))' '\(scratch.path("pid"))'
        exec sleep 1000000
        """)
      let request = WorkerRequest(.notify(NotifyTask(arguments: [script], input: "")))
      let line = String(decoding: try JSONEncoder().encode(request), as: UTF8.self)
      // Nobody ends the worker's group, and its input stays open.
      let parent = try scratch.write(
        "parent",
        """
        (printf '%s\\n' "$1"; while [ ! -e "$2/pid" ]; do sleep 0.05; done; kill -KILL $(cat "$2/worker"); sleep 1) \
          | setsid "$3" 2> /dev/null
        """)
      let run = try await Blechctl.run(["/bin/sh", parent, line, scratch.path, Blechctl.worker])
      #expect(run.output.isEmpty)
      try await expectEnd(scratch)
    }
  }

  private func expectEnd(_ scratch: Scratch) async throws {
    let pid = try #require(pid_t(scratch.text("pid").dropLast()))
    try FileManager.default.removeItem(atPath: scratch.path("pid"))
    // One that nobody waits for stays as a zombie for a moment.
    for _ in 0..<6000 where kill(pid, 0) == 0 {
      let state = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8))?
        .split(separator: ")").last?.split(separator: " ").first
      if state == "Z" { return }
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(kill(pid, 0) == -1)
  }
}

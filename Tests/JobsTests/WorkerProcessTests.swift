import FoundationEssentials
import Glibc
import Jobs
import TestSupport
import Testing
import Vocabulary
import WorkerProtocol

/// `WorkerProcess` against shell scripts that behave as workers do, and as they must not.
@Suite(.timeLimit(.minutes(10))) struct WorkerProcessTests {
  private static let request = WorkerRequest.Task.inspect(
    InspectTask(source: SessionSource(directory: "a\nb")))

  private func line(_ content: WorkerMessage.Content) throws -> String {
    String(decoding: try JSONEncoder().encode(WorkerMessage(content)), as: UTF8.self)
  }

  /// Runs a script as a worker.
  private func run(
    _ script: String, onMessage: @escaping @Sendable (WorkerMessage.Content) async -> Void = { _ in }
  ) async throws -> WorkerMessage.Outcome {
    try await withScratchAsync { scratch in
      let worker = WorkerProcess(WorkerExecutable(path: try scratch.script(script)))
      return try await worker.run(Self.request, onMessage: onMessage)
    }
  }

  private func failure(_ script: String) async throws -> Failure? {
    await #expect(throws: Failure.self) { try await run(script) }
  }

  @Test func `The last line of a worker that ends well is its answer`() async throws {
    let progress = WorkerMessage.Progress(step: 1, steps: 2, trainingLoss: 0.5, validationLoss: nil)
    let messages = Messages()
    let outcome = try await run(
      """
      echo '\(line(.progress(progress)))'
      echo '\(line(.result(.demonstrated)))'
      """
    ) { await messages.append($0) }
    #expect(outcome == .demonstrated)
    #expect(await messages.all == [.progress(progress), .result(.demonstrated)])
  }

  @Test func `A worker gets its request as one line, and its input stays open while it works`() async throws {
    try await withScratchAsync { scratch in
      // `timeout` says 124 where the input had not ended.
      let script = try scratch.script(
        """
        read -r request
        printf '%s' "$request" > '\(scratch.path("request"))'
        timeout 0.3 cat > /dev/null
        echo $? > '\(scratch.path("state"))'
        echo '\(line(.result(.demonstrated)))'
        """)
      _ = try await WorkerProcess(WorkerExecutable(path: script)).run(Self.request)
      let request = try JSONDecoder().decode(WorkerRequest.self, from: Data(scratch.bytes("request")))
      #expect(request == WorkerRequest(Self.request))
      #expect(try scratch.text("state") == "124\n")
    }
  }

  @Test func `A worker that reads to the end of its input after its answer is let go`() async throws {
    let outcome = try await run(
      """
      echo '\(line(.result(.demonstrated)))'
      exec >&-
      cat > /dev/null
      """)
    #expect(outcome == .demonstrated)
  }

  @Test func `A worker's error is handed on as it is`() async throws {
    let error = Failure(.noInput, "/data/x", "there is no .h5 in it", remedy: "look elsewhere")
    #expect(try await failure("echo '\(line(.error(error)))'; exit 66") == error)
  }

  @Test func `What ends a line elsewhere does not tear a message`() async throws {
    let names = "NaCl\u{2028}0.1 M\u{2029}\u{85}\u{B}\u{C}\r\n"
    let error = Failure(.noInput, "/data/\(names)", names, remedy: names)
    let line = try line(.error(error))
    // As the worker writes it.
    #expect(["\u{2028}", "\u{2029}", "\u{85}"].allSatisfy(line.contains))
    try await withScratchAsync { scratch in
      let said = try scratch.write("said", line + "\n")
      #expect(try await failure("cat '\(said)'; exit 66") == error)
    }
  }

  @Test func `An answer does not count if the worker fails after it`() async throws {
    let failure = try await failure("echo '\(line(.result(.demonstrated)))'; exit 3")
    #expect(failure?.code == .internalError)
  }

  @Test func `A worker that is killed may have run out of memory`() async throws {
    let failure = try await failure("kill -KILL $$")
    #expect(failure?.what.contains("memory") == true)
    #expect(failure?.remedy.contains("--jobs") == true)
  }

  @Test(arguments: [0, 1, 70]) func `A worker that ends without a word is a defect, told with its stderr`(
    status: Int
  ) async throws {
    let failure = try await failure("echo 'Fatal error: index' >&2; exit \(status)")
    #expect(failure?.code == .internalError)
    #expect(failure?.what.contains("Fatal error: index") == true)
  }

  @Test(arguments: ["echo garbage", "echo '{}'", "echo garbage; exec sleep 1000", "echo garbage; exec cat"])
  func `A worker that says what nobody understands is ended and named`(script: String) async throws {
    let failure = try await failure(script)
    #expect(failure?.code == .internalError)
    #expect(failure?.what.contains("garbage") == true || failure?.what.contains("{}") == true)
  }

  @Test func `A flood on stderr neither blocks a worker nor fills our memory`() async throws {
    let failure = try await failure("head -c 1000000 /dev/zero | tr '\\0' x >&2; echo END >&2; exit 1")
    #expect(failure?.what.hasSuffix("): " + String(repeating: "x", count: 2000)) == true)
  }

  @Test func `A line without an end is cut off, not collected`() async throws {
    let failure = try await failure("head -c 20000000 /dev/zero | tr '\\0' x")
    #expect(failure?.code == .internalError)
  }

  @Test func `A worker that does not exist or cannot be run is named`() async throws {
    try await withScratchAsync { scratch in
      let path = try scratch.write("worker", "no program")
      for path in [path, scratch.path("absent")] {
        let failure = await #expect(throws: Failure.self) {
          try await WorkerProcess(WorkerExecutable(path: path)).run(Self.request)
        }
        #expect(failure?.code == .internalError)
        #expect(failure?.place == path)
      }
    }
  }

  @Test(
    arguments: ["", "trap '' TERM"],
    [nil, WorkerBounds(wallTime: .seconds(1_000_000), memory: 1 << 40)])
  func `A worker whose task is cancelled is gone, even if it does not want to go`(
    preparation: String, bounds: WorkerBounds?
  ) async throws {
    try await withScratchAsync { scratch in
      let script = try scratch.script(
        """
        \(preparation)
        echo $$ > '\(scratch.path("pid.new"))'
        mv '\(scratch.path("pid.new"))' '\(scratch.path("pid"))'
        exec sleep 1000
        """)
      let task = Task { () async throws(Failure) in
        try await WorkerProcess(WorkerExecutable(path: script)).run(Self.request, bounds: bounds)
      }
      while try !scratch.names.contains("pid") { try await Task.sleep(for: .milliseconds(10)) }
      task.cancel()
      let result = await task.result
      let failure = #expect(throws: Failure.self) { try result.get() }
      #expect(failure?.code == .interrupted)
      let pid = try #require(pid_t(scratch.text("pid").dropLast()))
      #expect(kill(pid, 0) == -1 && errno == ESRCH)
    }
  }
}

extension WorkerProcessTests {
  @Test(arguments: [.recover(RecoverTask(path: "/data", searchesBelow: true)), ScriptedWorkers.commit])
  func `A worker that writes to a session is waited for, whoever is cancelled`(task: WorkerRequest.Task)
    async throws
  {
    try await withScratchAsync { scratch in
      let script = try scratch.script(
        """
        trap 'echo TERM > "\(scratch.path("term"))"' TERM
        : > '\(scratch.path("begun"))'
        while [ ! -e '\(scratch.path("go"))' ]; do sleep 0.05; done
        \(ScriptedWorkers.answer)
        """)
      let run = Task { () async throws(Failure) in
        try await WorkerProcess(WorkerExecutable(path: script)).run(task)
      }
      while try !scratch.names.contains("begun") { try await Task.sleep(for: .milliseconds(10)) }
      run.cancel()
      // One that is not left alone is killed after five seconds.
      try await Task.sleep(for: .seconds(6))
      try scratch.write("go", "")
      let outcome = try await run.value
      #expect(outcome == .demonstrated)
      #expect(try !scratch.names.contains("term"))
    }
  }
}

private actor Messages {
  private(set) var all: [WorkerMessage.Content] = []
  func append(_ content: WorkerMessage.Content) { all.append(content) }
}

import Configuration
import FoundationEssentials
import Glibc
import Machine
import Synchronization
import TestSupport
import Testing
import Vocabulary
import WorkerProtocol

@testable import Jobs

/// The local executor with scripts for workers, and plain files for control groups.
@Suite(.timeLimit(.minutes(20))) struct LocalExecutorTests {
  private static let (inspect, commit) = (ScriptedWorkers.inspect, ScriptedWorkers.commit)
  private static let answer = ScriptedWorkers.answer
  private static let bounds = WorkerBounds(wallTime: .seconds(1_000_000), memory: 1 << 30)
  private static let obstacle = ControlGroupObstacle.notDelegated(
    group: "/lab", why: "other processes run in it")

  private static let limits: Configuration.Limits = {
    var limits = Configuration.Limits()
    limits.cpuPerJobPercent = 150
    limits.nice = 7
    return limits
  }()

  private func executor(
    _ scratch: Scratch, _ script: String, _ groups: ControlGroups? = nil, processors: [Int] = [0, 1, 2, 3]
  ) throws -> LocalExecutor {
    LocalExecutor(
      worker: WorkerExecutable(path: try scratch.script(script)), limits: Self.limits,
      groups: groups.map { .success($0) } ?? .failure(Self.obstacle), processors: processors)
  }

  private func run(
    _ executor: LocalExecutor, _ task: WorkerRequest.Task = inspect, bounds: WorkerBounds = bounds,
    resuming handle: String? = nil,
    onReport: @escaping @Sendable (ExecutionReport) async -> Void = { _ in }
  ) async -> ExecutionEnd {
    await executor.run(Assignment(id: 1, task: task, bounds: bounds), resuming: handle, onReport: onReport)
  }

  /// A script that keeps its request, waits for `go`, and answers.
  private func waiting(_ scratch: Scratch) -> String {
    """
    read -r request
    printf '%s' "$request" > "\(scratch.path)/new.$$"
    mv "\(scratch.path)/new.$$" "\(scratch.path)/request.$$"
    while [ ! -e '\(scratch.path("go"))' ]; do sleep 0.05; done
    \(Self.answer)
    """
  }

  private func requests(_ scratch: Scratch) throws -> [WorkerRequest] {
    try scratch.names.filter { $0.hasPrefix("request.") }
      .map { try JSONDecoder().decode(WorkerRequest.self, from: Data(scratch.bytes($0))) }
  }

  private func wait(_ scratch: Scratch, for count: Int) async throws {
    while try requests(scratch).count < count { try await Task.sleep(for: .milliseconds(20)) }
  }

  // MARK: Limits

  @Test func `Which limits are in force is told with the reason`() async throws {
    try await withScratchAsync { scratch in
      let groups = try await ControlGroups.take(try FakeGroups(in: scratch).calls())
      let executor = try executor(scratch, "", groups)
      #expect(executor.name == "local")
      #expect("\(executor.limitsInForce)" == "cgroup v2: /lab/blechd.service")
      #expect(
        "\(try self.executor(scratch, "").limitsInForce)"
          == "rlimits, nice, affinity; memory is watched by blechd (cgroups: /lab is not delegated: other processes run in it)"
      )
    }
  }

  @Test func `Where there are groups, a worker gets one with its limits, and it is gone afterwards`()
    async throws
  {
    try await withScratchAsync { scratch in
      let fake = try FakeGroups(in: scratch)
      let groups = try await ControlGroups.take(fake.calls())
      let executor = try executor(scratch, waiting(scratch), groups)
      async let end = run(executor)
      try await wait(scratch, for: 1)
      let name = "\(FakeGroups.service)/worker-1"
      let files = [
        "memory.max", "memory.swap.max", "memory.oom.group", "cpu.max", "pids.max", "cpu.weight.nice",
      ]
      #expect(
        files.map { fake.text("\(name)/\($0)") } == ["1073741824", "0", "1", "150000 100000", "256", "7"])
      let expected = WorkerLimits(
        controlGroup: scratch.path(name), data: 2 << 30, openFiles: 1024, nice: 7, ioClass: .idle)
      #expect(try requests(scratch).first?.limits == expected)
      try scratch.write("go", "")
      #expect(await end.reason == .finished)
      #expect(!fake.exists(name))
    }
  }

  @Test
  func `What writes to a session is held to no share of memory or processors, and its turn is everybody's`()
    async throws
  {
    try await withScratchAsync { scratch in
      let fake = try FakeGroups(in: scratch)
      let groups = try await ControlGroups.take(fake.calls())
      let executor = try executor(scratch, waiting(scratch), groups)
      async let end = run(executor, Self.commit)
      try await wait(scratch, for: 1)
      let name = "\(FakeGroups.service)/worker-1"
      #expect(["memory.max", "cpu.max", "cpu.weight.nice"].allSatisfy { !fake.exists("\(name)/\($0)") })
      #expect(fake.text("\(name)/pids.max") == "256")
      let expected = WorkerLimits(controlGroup: scratch.path(name), openFiles: 1024, ioClass: .bestEffort)
      #expect(try requests(scratch).first?.limits == expected)
      try scratch.write("go", "")
      #expect(await end.reason == .finished)
    }
    try await withScratchAsync { scratch in
      let executor = try executor(scratch, waiting(scratch))
      try scratch.write("go", "")
      #expect(await run(executor, Self.commit).reason == .finished)
      #expect(try requests(scratch).first?.limits == WorkerLimits(openFiles: 1024, ioClass: .bestEffort))
    }
  }

  /// A worker that the kernel ends with that in its group's memory.events.
  private func killed(by events: String, _ task: WorkerRequest.Task = inspect) async throws -> ExecutionEnd {
    try await withScratchAsync { scratch in
      let groups = try await ControlGroups.take(try FakeGroups(in: scratch).calls())
      let file = scratch.path("\(FakeGroups.service)/worker-1/memory.events")
      return await run(try executor(scratch, "printf '\(events)' > '\(file)'; kill -KILL $$", groups), task)
    }
  }

  @Test func `What the kernel ended for its memory is told so`() async throws {
    let end = try await killed(by: "oom 1\\noom_kill 1\\n")
    #expect(end.reason == .outOfMemory)
    let failure = #expect(throws: Failure.self) { try end.result.get() }
    #expect(
      failure?.what == "its inspection took more memory than the 1074 MB allowed, and the kernel ended it")
    #expect(failure?.code == .badData)
  }

  @Test(arguments: [
    (inspect, "oom 0\\noom_kill 1\\n"), (commit, "oom 0\\noom_kill 1\\n"), (commit, "oom 1\\noom_kill 1\\n"),
  ])
  func `What the kernel ended as the machine ran out of memory has not gone beyond its bound`(
    task: WorkerRequest.Task, events: String
  ) async throws {
    let end = try await killed(by: events, task)
    #expect(end.reason == .killed)
    let failure = #expect(throws: Failure.self) { try end.result.get() }
    #expect(failure?.code == .temporary)
    #expect(
      failure?.what == "\(task.title) was ended by the kernel, as the machine ran out of memory")
  }

  @Test func `What the kernel counted of time is taken`() async throws {
    try await withScratchAsync { scratch in
      let fake = try FakeGroups(in: scratch)
      let groups = try await ControlGroups.take(fake.calls())
      let stat = fake.scratch.path("\(FakeGroups.service)/worker-1/cpu.stat")
      let executor = try executor(scratch, "echo usage_usec 99000000 > '\(stat)'; \(Self.answer)", groups)
      let end = await run(executor)
      #expect(end.use.cpuSeconds == 99)
    }
  }

  @Test func `A worker that can have no group is not started`() async throws {
    try await withScratchAsync { scratch in
      let fake = try FakeGroups(in: scratch)
      let groups = try await ControlGroups.take(fake.calls())
      try FileManager.default.removeItem(atPath: scratch.path(FakeGroups.service))
      let executor = try executor(scratch, ": > '\(scratch.path("began"))'; \(Self.answer)", groups)
      let end = await run(executor)
      #expect(end.reason == .notStarted)
      let failure = #expect(throws: Failure.self) { try end.result.get() }
      #expect(failure?.code == .temporary && failure?.what.contains("cannot make the group") == true)
      #expect(try !scratch.names.contains("began"))
    }
  }

  @Test func `Without groups, workers are spread over the processors, and give them back`() async throws {
    try await withScratchAsync { scratch in
      let executor = try executor(scratch, waiting(scratch), processors: [0, 2, 4, 6])
      async let first = run(executor)
      try await wait(scratch, for: 1)
      async let second = run(executor)
      try await wait(scratch, for: 2)
      let processors = try requests(scratch).map { $0.limits.processors ?? [] }
      #expect(Set(processors) == [[0, 2], [4, 6]])
      try scratch.write("go", "")
      let ends = await [first, second]
      #expect(ends.map(\.reason) == [.finished, .finished])
      _ = await run(executor)
      #expect(try requests(scratch).filter { $0.limits.processors == [0, 2] }.count == 2)
    }
  }

  @Test func `New limits hold for what begins afterwards`() async throws {
    try await withScratchAsync { scratch in
      let executor = try executor(scratch, waiting(scratch))
      try scratch.write("go", "")
      var limits = Self.limits
      limits.nice = 19
      limits.ioClass = .bestEffort
      limits.cpuPerJobPercent = 400
      executor.apply(limits)
      _ = await run(executor)
      #expect(
        try requests(scratch).first?.limits
          == WorkerLimits(data: 2 << 30, openFiles: 1024, nice: 19, ioClass: .bestEffort))
    }
  }

  @Test func `An owner's limits are bounds of a worker`() {
    var limits = Configuration.Limits()
    #expect(
      WorkerBounds(limits) == WorkerBounds(wallTime: .seconds(7200), memory: 1 << 30, silence: .seconds(900)))
    limits.wallTimePerJob = .seconds(60)
    limits.memoryPerJobMB = .max
    #expect(
      WorkerBounds(limits) == WorkerBounds(wallTime: .seconds(60), memory: .max, silence: .seconds(60)))
  }

  // MARK: One run

  @Test func `What an earlier daemon began here is lost`() async throws {
    try await withScratchAsync { scratch in
      let executor = try executor(scratch, ": > '\(scratch.path("began"))'")
      let end = await run(executor, resuming: "4242")
      #expect(end.reason == .lost)
      #expect(try !scratch.names.contains("began"))
    }
  }

  @Test func `Progress and use are reported in order, one at a time, and not after the end`() async throws {
    try await withScratchAsync { scratch in
      let steps = (1...5).map {
        "echo '{\"version\":1,\"content\":{\"progress\":{\"_0\":{\"step\":\($0),\"steps\":5,\"trainingLoss\":1}}}}'"
      }
      let executor = try executor(
        scratch,
        "\(steps.joined(separator: "\n"))\nwhile [ ! -e '\(scratch.path("go"))' ]; do sleep 0.05; done\n\(Self.answer)"
      )
      let seen = Reports()
      let end = await run(executor) { report in
        await seen.begin(report)
        if case .use = report { _ = try? scratch.write("go", "") }
        // Long enough for the next one to come meanwhile, and for the worker to end.
        try? await Task.sleep(for: .milliseconds(300))
        await seen.end()
      }
      // Whatever is told now is told too late.
      let (told, mostAtOnce, underWay) = await (seen.told, seen.mostAtOnce, seen.underWay)
      #expect(end.reason == .finished)
      #expect(mostAtOnce == 1 && underWay == 0)
      try await Task.sleep(for: .seconds(2))
      #expect(await seen.told == told)
      #expect(await seen.steps == [1, 2, 3, 4, 5])
      let uses = await seen.uses
      #expect(!uses.isEmpty && uses.allSatisfy { $0 > 100_000 })
    }
  }

  @Test func `A worker that is cancelled ends; one that writes to a session is left to finish`() async throws
  {
    try await withScratchAsync { scratch in
      let executor = try executor(scratch, waiting(scratch))
      let inspection = Task { await run(executor) }
      try await wait(scratch, for: 1)
      inspection.cancel()
      #expect(await inspection.value.reason == .cancelled)
      let commit = Task { await run(executor, Self.commit) }
      try await wait(scratch, for: 2)
      commit.cancel()
      try scratch.write("go", "")
      #expect(await commit.value.reason == .finished)
    }
  }

  // MARK: Processors

  @Test(arguments: [(1, 1), (100, 1), (101, 2), (250, 3), (0, 1), (.min, 1)])
  func `A share is as many processors as its percentage takes`(percent: Int, count: Int) {
    var shares = ProcessorShares(allowed: Array(0..<8))
    #expect(shares.take(percent: percent)?.count == count)
  }

  @Test func `Those with the fewest workers are given first`() {
    var shares = ProcessorShares(allowed: [1, 3, 5])
    #expect(shares.take(percent: 100) == [1])
    #expect(shares.take(percent: 200) == [3, 5])
    #expect(shares.take(percent: 100) == [1])
    shares.giveBack([3, 5])
    #expect(shares.take(percent: 100) == [3])
    #expect(shares.take(percent: 300) == nil && shares.take(percent: .max) == nil)
    var single = ProcessorShares(allowed: [7])
    #expect(single.take(percent: 50) == nil)
  }
}

private actor Reports {
  private(set) var steps: [Int] = []
  private(set) var uses: [Int] = []
  private(set) var (told, underWay, mostAtOnce) = (0, 0, 0)

  func begin(_ report: ExecutionReport) {
    told += 1
    underWay += 1
    mostAtOnce = max(mostAtOnce, underWay)
    switch report {
    case .handle: Issue.record("a local worker cannot be found again")
    case .progress(let progress): steps.append(progress.step)
    case .use(_, let memoryBytes): uses.append(memoryBytes)
    }
  }

  func end() { underWay -= 1 }
}

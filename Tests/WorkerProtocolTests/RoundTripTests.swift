import FoundationEssentials
import Parameters
import Testing
import Vocabulary
import WorkerProtocol

@Suite struct RoundTripTests {
  private static let identity = JobIdentity(region: "gc\n\"é", taste: .index(3))

  private static let parameters: InferenceParameters = {
    var parameters = InferenceParameters.default
    parameters.timeLims = TimeLimits(start: 1, end: 2)
    parameters.trainTestSplit = 0.1 + 0.2
    parameters.learningRate = .leastNonzeroMagnitude
    parameters.seed = UInt64(Int64.max)
    parameters.usePCA = false
    return parameters
  }()

  private static let overrides: ParameterOverrides = {
    var overrides = ParameterOverrides()
    overrides.binSize = 10
    overrides.model = .blechrnn
    overrides.separateTastes = false
    return overrides
  }()

  private static let siteParameters: ParameterOverrides = {
    var parameters = ParameterOverrides()
    parameters.hiddenSize = 5
    return parameters
  }()

  private static let source = SessionSource(
    directory: "/data/a\nb\u{2028}c\r", overrides: overrides, siteParameters: siteParameters,
    ignoresFiles: true, requiresExecutionLog: true, ignoresExecutionLog: true, replacesForeign: true,
    outputDirectory: "/out")

  private static let inspection = Inspection(
    name: "name", h5: "name.h5",
    stamps: ["name.h5": Stamp(device: .max, inode: .max, size: .max, modified: .min, changed: -1)],
    sorting: SortingEvidence(script: "blech_make_arrays.py", completed: "2026-01-02 03:04:05"),
    unfinished: UnfinishedScript(script: "b.py", attempted: "2026-01-03 03:04:05"),
    parameters: parameters, stimulus: 2000,
    jobs: [
      PlannedJob(
        identity: identity, digIns: ["dig_in_0", "DIN-11"], tasteName: "NaCl\t", unitRows: [0, 5],
        trialsPerTaste: [3, 4], laserTrials: 1, fingerprint: "abc", existing: .foreign),
      PlannedJob(
        identity: JobIdentity(region: JobIdentity.allRegions, taste: .all), digIns: [], tasteName: "all",
        unitRows: [], trialsPerTaste: [], laserTrials: 0, fingerprint: "", existing: .none),
    ], notices: ["one\ntwo", ""], obstacle: Failure(.notPermitted, "/data", "no", remedy: "chmod"))

  private static let summary = JobSummary(
    origin: .trained, units: 2, trials: 7, steps: 100, bestStep: 99, trainingLoss: 0.1 + 0.2,
    validationLoss: 1e-300, bitsPerSpike: -0.5, psthBitsPerSpike: nil, seconds: 1.5, warnings: ["a\nb"])

  @Test(
    arguments: [
      .inspect(InspectTask(source: SessionSource(directory: ""))), .inspect(InspectTask(source: source)),
      .infer(
        InferTask(source: source, inspection: inspection, job: identity, spool: "/spool\n", retrains: true)),
      .commit(
        CommitTask(
          source: source, inspection: inspection, jobs: [identity], spool: "/spool", pipelineWaitSeconds: 7200
        )),
      .commit(
        CommitTask(
          source: source, inspection: inspection, jobs: [], spool: "/spool", pipelineWaitSeconds: nil)),
      .recover(RecoverTask(path: "/a/b\u{1}.h5", searchesBelow: false, discardsRefused: true)),
      .demo(DemoTask(directory: "a", truth: "b", tastes: 1, trials: 2, units: 3, seed: .max)),
      .probe(ProbeTask(directory: "/a\n\"")),
      .notify(NotifyTask(arguments: ["/bin/a b", ""], input: "{\"a\": \"\u{0}\n\"}")),
    ] as [WorkerRequest.Task])
  func `A request survives its line`(task: WorkerRequest.Task) throws {
    let all = WorkerLimits(
      controlGroup: "/sys/fs/cgroup/a\nb", data: .max, openFiles: 0, nice: 19, ioClass: .bestEffort,
      processors: [0, 7])
    for limits in [WorkerLimits(), WorkerLimits(data: .max), all] {
      let request = WorkerRequest(task, limits: limits)
      #expect(try throughLine(request) == request)
      #expect(request.version == WorkerRequest.version)
    }
  }

  @Test(
    arguments: [
      .progress(.init(step: 100, steps: 15000, trainingLoss: 0.1 + 0.2, validationLoss: nil)),
      .progress(.init(step: 100, steps: 15000, trainingLoss: 1, validationLoss: 1e300)),
      .error(Failure(.badData, "a\u{85}", "one\r\ntwo\u{2028}\u{0}", remedy: "")),
      .result(.inspected(inspection)), .result(.inferred(summary)),
      .result(
        .commit(.committed(CommitSummary(h5: "/a/b.h5", bytes: .max, ms: 1, exposedMs: 0.1 + 0.2)))),
      .result(.commit(.outdated("has changed\n"))), .result(.commit(.missing([identity]))),
      .result(
        .commit(
          .waiting(UnfinishedScript(script: "a\n.py", attempted: "2026-01-02 03:04:05"), until: .max))),
      .use(ResourceUse(cpuSeconds: 0.1 + 0.2, peakMemoryBytes: .max)), .use(ResourceUse()),
      .result(.demonstrated), .result(.notified), .result(.needsRecovery(["/a\nb"])),
      .result(
        .recovered([
          RecoverySummary(path: "/a/b.h5", outcome: .rolledBack(pages: 1, length: .max)),
          RecoverySummary(path: "/a/\n.h5", outcome: .removedUnfinishedJournal),
          RecoverySummary(
            path: "", outcome: .refused(Failure(.badData, "/a", "what", remedy: ""), mayBeDiscarded: true)),
          RecoverySummary(path: "/a", outcome: .setAside("/b")),
        ])),
      .result(
        .probed(
          ProbeResult(
            lock: .excludes, hasLease: true, commitFailure: nil, libraryVersion: "1.10.8",
            instructionSet: "x86-64-v3"))),
      .result(
        .probed(
          ProbeResult(
            lock: .refused("no\nlocks"), hasLease: false,
            commitFailure: Failure(.temporary, "/a", "what", remedy: ""), libraryVersion: "",
            instructionSet: ""))),
      .error(Failure(.temporary, "/a\nb", "what", remedy: "")),
    ] as [WorkerMessage.Content])
  func `A message survives its line`(content: WorkerMessage.Content) throws {
    #expect(try throughLine(WorkerMessage(content)) == WorkerMessage(content))
  }

  @Test func `A failure of every exit code survives`() throws {
    for code: ExitCode in [
      .success, .partial, .usage, .badData, .noInput, .unavailable, .internalError, .cannotWrite, .temporary,
      .notPermitted, .badConfiguration, .interrupted,
    ] {
      let message = WorkerMessage(.error(Failure(code, "", "", remedy: "")))
      #expect(try throughLine(message) == message)
    }
  }

  @Test(arguments: Unreadiness.allCases)
  func `Why a session is not ready yet survives`(unreadiness: Unreadiness) throws {
    let failure = Failure(.temporary, "/a", "what", remedy: "", unreadiness: unreadiness)
    let message = WorkerMessage(.error(failure))
    #expect(try throughLine(message) == message)
    #expect(failure != Failure(.temporary, "/a", "what", remedy: ""))
  }

  @Test func `An inspection of a thousand units and a hundred tastes stays far below the longest line`()
    throws
  {
    let job = Self.inspection.jobs[0]
    var large = Self.inspection
    large.jobs = (0..<100).map { taste in
      var job = job
      job.identity.taste = .index(taste)
      job.unitRows = Array(0..<1000)
      return job
    }
    #expect(
      try JSONEncoder().encode(WorkerMessage(.result(.inspected(large)))).count < WorkerMessage.longestLine
        / 10)
  }

  /// As a pipe carries it: one line, which holds no other line's end.
  private func throughLine<Value: Codable>(_ value: Value) throws -> Value {
    let line = try JSONEncoder().encode(value)
    #expect(!line.contains(UInt8(ascii: "\n")) && !line.contains(UInt8(ascii: "\r")))
    return try JSONDecoder().decode(Value.self, from: line)
  }
}

@Suite struct WordsTests {
  @Test(
    arguments: [
      (.none, true, true, true, true), (.stale, true, true, true, true), (.current, false, true, false, true),
      (.foreign, false, true, true, true),
    ] as [(ExistingResult, Bool, Bool, Bool, Bool)])
  func `What is there decides whether a job needs work`(
    existing: ExistingResult, usually: Bool, retrained: Bool, replacing: Bool, both: Bool
  ) {
    let job = PlannedJob(
      identity: JobIdentity(region: "all", taste: .all), digIns: [], tasteName: "", unitRows: [],
      trialsPerTaste: [], laserTrials: 0, fingerprint: "", existing: existing)
    #expect(job.needsWork(retrains: false, replacesForeign: false) == usually)
    #expect(job.needsWork(retrains: true, replacesForeign: false) == retrained)
    #expect(job.needsWork(retrains: false, replacesForeign: true) == replacing)
    #expect(job.needsWork(retrains: true, replacesForeign: true) == both)
  }

  @Test func `A failure is told in one line`() {
    let failure = Failure(.badData, "/a\nb", "is\u{1B}[31m bad", remedy: "mend it")
    #expect(failure.description == "/a\\u{a}b: is\\u{1b}[31m bad; mend it")
    #expect(Failure(.badData, "a", "b", remedy: "").description == "a: b")
  }

  @Test func `Groups are named as upstream's script names them`() {
    #expect(JobIdentity(region: "gc", taste: .index(0)).groupName == "region_gc_taste_0")
    #expect(JobIdentity(region: "all", taste: .all).groupName == "region_all_taste_all")
  }
}

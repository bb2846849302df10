import FileAccess
import FoundationEssentials
import Inference
import Parameters
import TestSupport
import Testing
import Vocabulary

@testable import HDF5File
@testable import SessionFolder

@Suite struct SessionReadingTests {
  private func read(
    _ session: MadeUpSession, _ change: @escaping (inout ParameterOverrides) -> Void = { _ in }
  ) throws -> SessionReading {
    try withScratch { try SessionReading(of: MadeUpSession.source(session.write(in: $0), change)) }
  }

  private func failure(
    _ session: MadeUpSession, _ change: @escaping (inout ParameterOverrides) -> Void = { _ in }
  ) -> Failure? {
    #expect(throws: Failure.self) { try read(session, change) }
  }

  // MARK: Jobs

  @Test func `The session that PyTables wrote is planned taste by taste`() throws {
    let inspection = try SessionReading(of: SessionSource(directory: Fixture.path)).inspection
    #expect(inspection.name == Fixture.name)
    #expect(inspection.stimulus == 2000 && inspection.parameters == .default)
    #expect(inspection.jobs.map(\.identity.groupName) == ["region_all_taste_0", "region_all_taste_1"])
    #expect(inspection.jobs.map(\.tasteName) == ["NaCl", "Sucrose"])
    #expect(inspection.jobs.map(\.digIns) == [["dig_in_0"], ["dig_in_1"]])
    for job in inspection.jobs {
      #expect(job.unitRows == [0, 1, 2] && job.trialsPerTaste == [4] && job.existing == .none)
      #expect(job.fingerprint.count == 64)
    }
  }

  @Test(arguments: [
    (true, false, ["region_all_taste_0", "region_all_taste_1"]),
    (false, false, ["region_all_taste_all"]),
    (
      true, true,
      ["region_gc_taste_0", "region_gc_taste_1", "region_pc_taste_0", "region_pc_taste_1"]
    ),
    (false, true, ["region_gc_taste_all", "region_pc_taste_all"]),
  ]) func `Jobs divide tastes and regions as the parameters say`(
    tastes: Bool, regions: Bool, groups: [String]
  )
    throws
  {
    let jobs = try read(MadeUpSession()) {
      $0.separateTastes = tastes
      $0.separateRegions = regions
    }.inspection.jobs
    #expect(jobs.map(\.identity.groupName) == groups)
    #expect(jobs[0].unitRows == (regions ? [0, 2] : [0, 1, 2]))
    #expect(jobs[0].trialsPerTaste == (tastes ? [4] : [4, 5]))
    #expect(jobs[0].tasteName == (tastes ? "NaCl" : "all"))
    #expect(jobs[0].digIns == (tastes ? ["dig_in_0"] : ["dig_in_0", "dig_in_1"]))
    #expect(Set(jobs.map(\.fingerprint)).count == jobs.count)
  }

  @Test func `A taste without trials is skipped, named, and keeps its index`() throws {
    var session = MadeUpSession()
    session.tastes[0].shape = [0]
    session.tastes.append(.init(digIn: "dig_in_2", trials: 3))
    let inspection = try read(session).inspection
    #expect(inspection.jobs.map(\.identity.taste) == [.index(1), .index(2)])
    #expect(inspection.notices.contains { $0.contains("dig_in_0") })
    let pooled = try read(session) { $0.separateTastes = false }
    #expect(pooled.inspection.jobs.map(\.trialsPerTaste) == [[5, 3]])
    #expect(try pooled.inference(of: pooled.inspection.jobs[0]).counts.trials == 8)
    session.tastes = [.init(digIn: "dig_in_0", shape: [0])]
    #expect(failure(session)?.code == .badData)
  }

  @Test func `Laser trials are counted`() throws {
    var session = MadeUpSession()
    session.tastes[0].laser = [0, 2500, 0, 2500]
    session.tastes[1].laser = [700, 0, 0, 0, 0]
    #expect(try read(session).inspection.jobs.map(\.laserTrials) == [2, 1])
    #expect(try read(session) { $0.separateTastes = false }.inspection.jobs.map(\.laserTrials) == [3])
    session.tastes[0].laser = [1]
    #expect(try read(session).inspection.jobs.map(\.laserTrials) == [0, 1], "not one for each trial")
  }

  @Test func `One job is read without the others' data`() throws {
    try withScratch { scratch in
      var session = MadeUpSession()
      session.tastes[1].changes = [[0, 0, 0]: .nan]
      let source = MadeUpSession.source(try session.write(in: scratch))
      let job = JobIdentity(region: "all", taste: .index(0))
      #expect(try SessionReading(of: source, only: job).inspection.jobs.map(\.identity) == [job])
      #expect(throws: Failure.self) { try SessionReading(of: source) }
    }
  }

  @Test(arguments: [true, false])
  func `A job that the session no longer has is gone, not a trap`(separateTastes: Bool) throws {
    try withScratch { scratch in
      let source = MadeUpSession.source(try MadeUpSession().write(in: scratch)) {
        $0.separateTastes = separateTastes
      }
      var job = try SessionReading(of: source).inspection.jobs[0]
      job.identity.taste = .index(9)
      let reading = try SessionReading(of: source, only: job.identity)
      #expect(reading.inspection.jobs == [])
      let failure = #expect(throws: Failure.self) { try reading.inference(of: job) }
      #expect(failure?.code == .temporary)
    }
  }

  // MARK: Counts

  @Test func `Counts are the sums of the whole array's spikes, for every trial, unit and bin`() throws {
    let path = "\(Fixture.path)/\(Fixture.name).h5"
    let directory = try OpenDirectory(at: Fixture.path)
    let descriptor = try directory.openFile(Fixture.name + ".h5")
    defer { try? descriptor.close() }
    let root = try H5File.reading(descriptor, path: path).root
    let reading = try SessionReading(of: SessionSource(directory: Fixture.path))
    var total: Int32 = 0
    for taste in 0..<2 {
      let array = try #require(
        try root.group("spike_trains")?.group("dig_in_\(taste)")?.dataset("spike_array"))
      let spikes: [Double] = try array.readAll()
      let counts = try #require(reading.counts[taste])
      #expect([counts.trials, counts.units, counts.bins] == [4, 3, 120])
      for trial in 0..<4 {
        for unit in 0..<3 {
          for bin in 0..<120 {
            let start = (trial * 3 + unit) * 7000 + 1500 + bin * 25
            let sum = spikes[start..<(start + 25)].reduce(0, +)
            #expect(counts[trial, unit, bin] == Int32(sum))
            total += counts[trial, unit, bin]
          }
        }
      }
    }
    #expect(total > 0, "a silent session would prove nothing")
  }

  @Test func `Uneven tastes, integer arrays and counts above one are read`() throws {
    var session = MadeUpSession()
    session.tastes[0].changes = [[1, 2, 30]: 3, [1, 2, 31]: 2, [1, 2, 32]: 0]
    let floats = try read(session)
    session.tastes[0].areIntegers = true
    #expect(try read(session).counts == floats.counts)
    let expected = (25..<50).reduce(0) { sum, time in
      sum + (session.tastes[0].changes[[1, 2, time]] ?? MadeUpSession.spike(1, 2, time))
    }
    #expect(floats.counts[0]?[1, 2, 1] == Int32(expected))
    #expect(floats.counts[0]?.trials == 4 && floats.counts[1]?.trials == 5)
  }

  @Test(arguments: [.nan, .infinity, -1, 0.5, 1e7, -.infinity] as [Double])
  func `A value that is no count is named with its array and index`(value: Double) throws {
    var session = MadeUpSession()
    session.tastes[1].changes = [[3, 1, 77]: value]
    let failure = failure(session)
    #expect(failure?.code == .badData)
    #expect(failure?.place.hasSuffix("AM1.h5, /spike_trains/dig_in_1/spike_array") == true)
    #expect(failure?.what == "the value at [3, 1, 77] is \(value), not a spike count")
  }

  @Test func `A value outside the window does no harm`() throws {
    var session = MadeUpSession()
    session.tastes[0].changes = [[0, 0, 49]: .nan, [0, 0, 150]: -1]
    let counts = try read(session) { $0.timeLims = TimeLimits(start: 50, end: 150) }.counts
    #expect(counts[0]?.bins == 4)
  }

  @Test func `Trials of different length are used as far as the shortest goes`() throws {
    var session = MadeUpSession()
    session.tastes[1].duration = 150
    let failure = failure(session)
    #expect(failure?.what.contains("150 ms") == true)
    let inspection = try read(session) { $0.timeLims = TimeLimits(start: 50, end: 150) }.inspection
    #expect(inspection.notices.contains { $0.contains("150 ms") })
  }

  @Test(arguments: [[12], [2, 3], [2, 3, 4, 5], [4, 0, 200], [4, 3, 0]])
  func `An array of another shape is refused`(shape: [Int]) {
    var session = MadeUpSession()
    session.tastes = [.init(digIn: "dig_in_0", shape: shape)]
    #expect(failure(session)?.code == .badData)
  }

  /// Writes an array of that shape that takes no room: nothing of it was ever stored.
  private func declare(_ shape: [Int], as taste: String = "dig_in_2", in directory: String) throws {
    try MadeUpSession.change(directory) { root in
      let group = try root.group("spike_trains")!.createGroup(taste)
      let location = Location(path: directory, object: group.name)
      _ = try group.createDataset(
        "spike_array", type: Double.fileType, space: dataspace(shape, at: location), at: location
      ) { _ in 0 }
    }
  }

  @Test(arguments: [
    [1 << 20, 3, 200], [4, 1 << 14, 200], [4, 3, 1 << 30], [1, 10_000, 10_000], [100_000, 10_000, 200],
    [1 << 30, 1 << 30, 1 << 30],
  ]) func `An array that claims more than any recording holds is refused before memory is asked for`(
    shape: [Int]
  ) throws {
    try withScratch { scratch in
      var session = MadeUpSession()
      session.tastes = []
      let directory = try session.write(in: scratch)
      try declare(shape, in: directory)
      let failure = #expect(throws: Failure.self) { try SessionReading(of: MadeUpSession.source(directory)) }
      #expect(failure?.code == .badData && failure?.what.contains("any recording") == true)
      #expect(failure?.unreadiness == nil)
    }
  }

  @Test func `More tastes than any recording has are refused before each is looked at`() throws {
    try withScratch { scratch in
      let directory = try MadeUpSession().write(in: scratch)
      try MadeUpSession.change(directory) { root in
        let trains = try root.group("spike_trains")!
        for index in 2..<1001 { try trains.createGroup("dig_in_\(index)") }
      }
      let failure = #expect(throws: Failure.self) { try SessionReading(of: MadeUpSession.source(directory)) }
      #expect(failure?.code == .badData && failure?.what.contains("1001 members") == true)
    }
  }

  @Test func `However much there is to notice, a message holds it`() throws {
    var session = MadeUpSession()
    let keys = (0..<1000).map { "\"\($0)\(String(repeating: "é", count: 1000))\": 1" }
    session.inferenceParameters = "{\(keys.joined(separator: ","))}"
    let notices = try read(session).inspection.notices
    #expect(notices.count == 101)
    #expect(notices.allSatisfy { $0.utf8.count < 1100 })
    #expect(notices.last == "and 900 more notices")
  }

  @Test func `Tastes must agree in units, and units in rows`() {
    var session = MadeUpSession()
    session.tastes[1].units = 2
    #expect(failure(session)?.what.contains("2 units") == true)
    session = MadeUpSession()
    session.electrodes = [0, 1]
    #expect(failure(session) { $0.separateRegions = true }?.what.contains("2 rows") == true)
    session.electrodes = nil
    #expect(failure(session) { $0.separateRegions = true }?.what.contains("/unit_descriptor") == true)
    #expect(throws: Never.self) { try read(session) }
  }

  @Test func `A region whose name cannot be used is refused only where regions are told apart`() throws {
    var session = MadeUpSession()
    session.info = #"{"electrode_layout": {"../gc": [[0]], "pc": [[1]]}}"#
    #expect(failure(session) { $0.separateRegions = true }?.place.hasSuffix("electrode_layout") == true)
    #expect(throws: Never.self) { try read(session) }
  }

  @Test func `A session without sorted units is no session to infer`() throws {
    try withScratch { scratch in
      let directory = try MadeUpSession().write(in: scratch)
      try FileManager.default.removeItem(atPath: directory + "/AM1.h5")
      try H5File.creating(at: directory + "/AM1.h5").close()
      let failure = #expect(throws: Failure.self) {
        try SessionReading(of: MadeUpSession.source(directory))
      }
      #expect(failure?.code == .badData && failure?.what.contains("no sorted units") == true)
    }
  }

  @Test(
    arguments: [
      ([], true, .noSortedUnits), ([[0], [0]], true, .noSortedUnits), ([[4, 0, 200]], true, .noSortedUnits),
      ([], false, .incomplete), ([[0]], false, .incomplete), ([[12]], true, nil), ([[12]], false, nil),
      ([[4, 3, 200], [4, 0, 200]], true, nil),
    ] as [([[Int]], Bool, Unreadiness?)])
  func `A session without spikes is not ready, one with malformed ones is bad`(
    shapes: [[Int]], hasLog: Bool, unreadiness: Unreadiness?
  ) {
    var session = MadeUpSession()
    session.tastes = shapes.enumerated().map { .init(digIn: "dig_in_\($0)", shape: $1) }
    if !hasLog { session.log = nil }
    let failure = failure(session)
    #expect(failure?.code == .badData)
    #expect(failure?.unreadiness == unreadiness)
  }

  // MARK: The stimulus

  @Test func `Without .params the stimulus is taken to come at 2000 ms, and that is said`() throws {
    try withScratch { scratch in
      let directory = try scratch.copyFixture()
      try FileManager.default.removeItem(atPath: "\(directory)/\(Fixture.name).params")
      let inspection = try SessionReading(of: SessionSource(directory: directory)).inspection
      #expect(inspection.stimulus == 2000)
      #expect(inspection.notices.contains { $0.contains("2000 ms") })
    }
  }

  @Test func `Other durations move the stimulus, and the fingerprint with it`() throws {
    var session = MadeUpSession()
    let before = try read(session).inspection
    session.params = #"{"spike_array_durations": [50, 150]}"#
    let after = try read(session).inspection
    #expect(after.stimulus == 50 && after.notices == [])
    #expect(after.jobs[0].fingerprint != before.jobs[0].fingerprint)
    session.params = #"{"spike_array_durations": [50, 1000]}"#
    #expect(try read(session).inspection.notices.contains { $0.contains("1050 ms") })
  }

  @Test(arguments: [
    "{}", #"{"spike_array_durations": 100}"#, #"{"spike_array_durations": [100]}"#,
    #"{"spike_array_durations": [100, 50, 50]}"#, #"{"spike_array_durations": [100, null, 100]}"#,
    #"{"spike_array_durations": [-100, 300]}"#, #"{"spike_array_durations": [100.5, 100]}"#,
    #"{"spike_array_durations": [NaN, 100]}"#, #"{"spike_array_durations": ["100", 100]}"#,
    #"{"spike_array_durations": [9200000000000000000, 9200000000000000000]}"#,
  ]) func `Durations that are none are refused`(params: String) {
    var session = MadeUpSession()
    session.params = params
    let failure = failure(session)
    #expect(failure?.code == .badData)
    #expect(failure?.place.hasSuffix("AM1.params, spike_array_durations") == true)
  }

  // MARK: Parameters and log

  @Test func `The command line goes before the session's file, the file before the defaults`() throws {
    var session = MadeUpSession()
    session.inferenceParameters = #"{"hidden_size": 5, "patience": 3, "colour": 1}"#
    let inspection = try read(session).inspection
    #expect(inspection.parameters.hiddenSize == 2 && inspection.parameters.patience == 3)
    #expect(inspection.notices.contains { $0.contains("colour") })
    try withScratch { scratch in
      var source = MadeUpSession.source(try session.write(in: scratch))
      source.ignoresFiles = true
      #expect(try SessionReading(of: source).inspection.parameters.patience == 10)
    }
    session.inferenceParameters = #"{"patience": "long"}"#
    #expect(failure(session)?.what.contains("patience") == true)
  }

  @Test func `The site's parameters go before the defaults and after everything else`() throws {
    try withScratch { scratch in
      var session = MadeUpSession()
      session.inferenceParameters = #"{"patience": 3}"#
      var source = MadeUpSession.source(try session.write(in: scratch))
      source.siteParameters.hiddenSize = 6
      source.siteParameters.patience = 7
      source.siteParameters.seed = 8
      let parameters = try SessionReading(of: source).inspection.parameters
      #expect(parameters.hiddenSize == 2 && parameters.patience == 3 && parameters.seed == 8)
      source.ignoresFiles = true
      let without = try SessionReading(of: source).inspection.parameters
      #expect(without.hiddenSize == 2 && without.patience == 10 && without.seed == 0)
    }
  }

  @Test func `Parameters that break a rule are named`() {
    #expect(failure(MadeUpSession()) { $0.binSize = 0 }?.what.hasPrefix("bin_size = 0") == true)
    #expect(failure(MadeUpSession()) { $0.timeLims = TimeLimits(start: 0, end: 225) }?.code == .badData)
  }

  @Test(
    arguments: [
      (nil, false, false, nil), (nil, true, false, .temporary), (nil, true, true, nil),
      ("{}", false, false, .temporary), ("{}", true, true, nil), ("{", false, false, .badData),
      ("{", false, true, nil), (Self.resorting, false, false, .temporary), (Self.resorting, true, true, nil),
    ] as [(String?, Bool, Bool, ExitCode?)])
  func `The execution log decides unless it is to be ignored`(
    log: String?, isRequired: Bool, isIgnored: Bool, code: ExitCode?
  ) throws {
    try withScratch { scratch in
      var session = MadeUpSession()
      session.log = log
      var source = MadeUpSession.source(try session.write(in: scratch))
      source.requiresExecutionLog = isRequired
      source.ignoresExecutionLog = isIgnored
      if let code {
        let failure = #expect(throws: Failure.self) { try SessionReading(of: source) }
        #expect(failure?.code == code)
        #expect(
          failure?.unreadiness
            == (log == Self.resorting ? .beingResorted : code == .temporary ? .notSorted : nil))
        if log == Self.resorting {
          #expect(
            failure?.what.contains(
              "(blech_process.py attempted 2026-01-03 10:00:00; "
                + "blech_make_arrays.py completed 2026-01-02 10:00:00)"
            ) == true)
        }
      } else {
        #expect(try SessionReading(of: source).inspection.sorting == nil)
      }
    }
  }

  private static let resorting = """
    {"attempted": {"/opt/blech_process.py": "2026-01-03 10:00:00"},
     "completed": {"/opt/blech_make_arrays.py": "2026-01-02 10:00:00"}}
    """

  @Test func `What the log says is handed on as evidence`() throws {
    #expect(
      try read(MadeUpSession()).inspection.sorting
        == SortingEvidence(script: "blech_make_arrays.py", completed: "2026-01-01 10:00:00"))
    var session = MadeUpSession()
    session.log = #"{"attempted": {"/opt/blech_make_arrays.py": "2026-01-01 09:00:00"}}"#
    #expect(failure(session)?.what.hasSuffix("(blech_make_arrays.py attempted 2026-01-01 09:00:00)") == true)
  }

  // MARK: Fingerprints and results

  @Test func `Fingerprints depend on the data and the parameters, not on a region's spelling`() throws {
    let session = MadeUpSession()
    let separate: (inout ParameterOverrides) -> Void = { $0.separateRegions = true }
    let before = try read(session, separate).inspection.jobs
    #expect(try read(session, separate).inspection.jobs == before, "the same session, the same jobs")

    var renamed = session
    renamed.info = session.info.replacing("gc", with: "GC")
    let after = try read(renamed, separate).inspection.jobs
    #expect(after.map(\.identity.region) == ["GC", "GC", "pc", "pc"])
    #expect(after.map(\.fingerprint) == before.map(\.fingerprint))

    var changed = session
    changed.tastes[0].changes = [[0, 1, 60]: MadeUpSession.spike(0, 1, 60) + 1]
    let differs = zip(try read(changed, separate).inspection.jobs, before).map {
      $0.fingerprint != $1.fingerprint
    }
    #expect(differs == [false, false, true, false], "unit 1 is the only one of pc")
    #expect(
      try read(session) {
        separate(&$0)
        $0.seed = 1
      }.inspection.jobs.map(\.fingerprint) != before.map(\.fingerprint))
  }

  @Test func `Results that are there are told apart`() throws {
    try withScratch { scratch in
      let directory = try MadeUpSession().write(in: scratch)
      let source = MadeUpSession.source(directory)
      func existing() throws -> [ExistingResult] {
        try SessionReading(of: source).inspection.jobs.map(\.existing)
      }
      #expect(try existing() == [.none, .none])
      let jobs = try SessionReading(of: source).inspection.jobs
      try MadeUpSession.change(directory) { root in
        let regions = try root.createGroup("rnn_output").createGroup("regions")
        try Self.addResult(to: regions, "region_all_taste_0", .text(jobs[0].fingerprint))
        try Self.addResult(to: regions, "region_all_taste_1", nil)
      }
      // Ours without a fingerprint is unfinished.
      #expect(try existing() == [.current, .stale])
      try MadeUpSession.change(directory) { root in
        try root.group("rnn_output")!.group("regions")!.group("region_all_taste_1")!
          .removeAttribute("software")
      }
      #expect(try existing() == [.current, .foreign])
      // A fingerprint is anybody's word; that it is ours, the software says.
      try MadeUpSession.change(directory) { root in
        try root.group("rnn_output")!.group("regions")!.group("region_all_taste_1")!
          .setAttribute("fingerprint", .integers([1, 2]))
      }
      #expect(try existing() == [.current, .foreign])
      try MadeUpSession.change(directory) { root in
        let regions = try root.group("rnn_output")!.group("regions")!
        try regions.group("region_all_taste_0")!.setAttribute("stimulus_ms", .integer(101))
        try regions.remove("region_all_taste_1")
        try Self.addResult(to: regions, "region_all_taste_1", .text("another"))
      }
      #expect(try existing() == [.stale, .stale])
      try MadeUpSession.change(directory) { root in
        try root.group("rnn_output")!.group("regions")!.group("region_all_taste_1")!
          .setAttribute("fingerprint", .integer(3))
      }
      #expect(try existing() == [.stale, .stale])
    }
  }

  @Test(arguments: ResultsWriter.arrays) func `A result that lost an array is stale`(array: String) throws {
    try withScratch { scratch in
      let source = MadeUpSession.source(try MadeUpSession().write(in: scratch))
      let job = try SessionReading(of: source).inspection.jobs[0]
      try MadeUpSession.change(source.directory) { root in
        let regions = try root.createGroup("rnn_output").createGroup("regions")
        try Self.addResult(to: regions, job.identity.groupName, .text(job.fingerprint))
        try regions.group(job.identity.groupName)!.remove(array)
      }
      #expect(try SessionReading(of: source).inspection.jobs[0].existing == .stale)
    }
  }

  private static func addResult(to regions: H5Group, _ name: String, _ fingerprint: AttributeValue?) throws {
    let group = try regions.createGroup(name)
    for array in ResultsWriter.arrays { try group.createArray(array, [1] as [Double], shape: [1]) }
    try group.setAttribute("software", .text("blechd 0.0.1"))
    try group.setAttribute("stimulus_ms", .integer(100))
    if let fingerprint { try group.setAttribute("fingerprint", fingerprint) }
  }
}

extension MadeUpSession {
  /// Changes the .h5 of a session, as another program would.
  static func change(_ directory: String, _ body: (H5Group) throws -> Void) throws {
    try changeH5(at: "\(directory)/\(name).h5", body)
  }
}

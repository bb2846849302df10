import FileAccess
import Glibc
import HDF5File
import Inference
import Parameters
import SystemPackage
import Vocabulary

/// A session's data as read at one moment.
public struct SessionReading {
  public let inspection: Inspection
  let window: AnalysisWindow
  /// Counts of the tastes that have trials, all units: (trials, units, bins) each. By taste index.
  let counts: [Int: SpikeCounts]

  /// How often a session that changes while it is read is read again.
  private static let attempts = 3
  /// A commit takes some milliseconds. What lies there for longer was interrupted.
  private static let longestCommit = Duration.seconds(1)

  /// Reads a session whole: what it consists of, what its jobs are, what is done already. Takes no lock and
  /// writes nothing; a session that changes meanwhile is read again, and a commit under way is waited for.
  ///
  /// - Parameter job: read the data of this job alone.
  /// - Throws: `Failure` that says why the session cannot be worked on.
  public init(of source: SessionSource, only job: JobIdentity? = nil) throws(Failure) {
    for _ in 0..<Self.attempts {
      let session = try Session(at: source.directory)
      let directories = try Self.describing { try session.directories(source) }
      try Self.waitForCommit(in: directories)
      let before = try Self.describing { try session.stamps() }
      let reading = Result { () throws(Failure) in
        try Self.describing { try SessionReading(session, source, stamps: before, only: job?.taste) }
      }
      let isUnchanged = try Self.describing {
        try session.stamps() == before && !directories.contains { try SessionRecovery.isNeeded(in: $0) }
      }
      if isUnchanged {
        self = try reading.get()
        return
      }
    }
    throw Failure(
      .temporary, source.directory, "keeps changing while it is read",
      remedy: "wait until the script that writes it has ended, and try again")
  }

  private static func waitForCommit(in directories: [OpenDirectory]) throws(Failure) {
    let end = ContinuousClock.now + longestCommit
    while let directory = try describing({ try directories.first { try SessionRecovery.isNeeded(in: $0) } }) {
      guard ContinuousClock.now < end else {
        throw Failure(
          .temporary, directory.path, "holds an .h5 with the journal of an interrupted commit",
          remedy: "run blechctl recover on it, and leave the .h5 alone until then")
      }
      usleep(20_000)
    }
  }

  private init(
    _ session: Session, _ source: SessionSource, stamps: SessionStamps, only wanted: TasteIdentity?
  ) throws {
    let log = try session.executionLog(source)
    let sorting = try session.sortingEvidence(log, source)
    let infoPath = session.directory.path(of: session.info)
    let info = SessionInfo(try session.json(session.info) ?? .null)
    var (parameters, notices) = try session.parameters(for: source)
    let h5 = try session.openH5()
    let h5Path = session.directory.path(of: session.h5)
    let trains = try SpikeTrains(
      in: h5.root, path: h5Path, ifNone: sorting == nil ? .incomplete : .noSortedUnits)
    let stimulus = try session.stimulus(trialDuration: trains.trialDuration)
    notices += trains.notices + stimulus.notices
    window = try AnalysisWindow(
      parameters, trialDuration: trains.trialDuration, stimulus: stimulus.milliseconds)
    var groups = UnitGroups.together(units: trains.units)
    if parameters.separateRegions {
      let divided = try UnitGroups.byRegion(
        info, units: trains.units, in: h5.root, h5Path: h5Path, infoPath: infoPath)
      groups = divided.groups
      notices += divided.notices
    }
    guard groups.count * trains.tastes.count <= Self.mostJobs else {
      throw Failure(
        .badData, h5Path,
        "holds \(trains.tastes.count) tastes of \(groups.count) regions: more than \(Self.mostJobs) jobs",
        remedy: "leave --separate-regions out, or check the electrode_layout of \(infoPath)")
    }
    let tastes = trains.tastes.filter { wanted == nil || wanted == .all || wanted == .index($0.index) }
    try trains.checkSize(of: tastes, in: window, path: h5Path)
    var counts: [Int: SpikeCounts] = [:]
    for taste in tastes {
      counts[taste.index] = try trains.counts(of: taste, in: window, path: h5Path)
    }
    self.counts = counts
    let planner = JobPlanner(
      parameters: parameters, window: window, info: info, tastes: tastes, counts: counts)
    inspection = Inspection(
      name: session.name, h5: session.h5, stamps: stamps, sorting: sorting,
      unfinished: log?.unfinished.first, parameters: parameters, stimulus: stimulus.milliseconds,
      jobs: try planner.jobs(for: groups, existing: try session.results(source, h5)),
      notices: Self.bounded(notices), obstacle: session.writingObstacle(source))
  }

  /// Regions times tastes: far above any session, and few enough to be listed in one message.
  private static let mostJobs = 10_000
  private static let mostNotices = 100
  /// In bytes: names of any length come from files.
  private static let longestNotice = 1000

  /// What a person can read, whatever the files hold.
  private static func bounded(_ notices: [String]) -> [String] {
    let first = notices.prefix(mostNotices).map { notice in
      notice.utf8.count <= longestNotice
        ? notice : String(decoding: notice.utf8.prefix(longestNotice), as: UTF8.self) + "..."
    }
    return notices.count <= mostNotices ? first : first + ["and \(notices.count - mostNotices) more notices"]
  }

  /// Every error that reading a session can meet, as a failure that a person is told.
  static func describing<Result>(_ body: () throws -> Result) throws(Failure) -> Result {
    do {
      return try body()
    } catch let error as Failure {
      throw error
    } catch let error as FileError {
      throw error.failure()
    } catch let error as H5Error {
      throw Failure(error)
    } catch let error as ParameterError {
      throw Failure(.badData, "parameters", error.description, remedy: "")
    } catch {
      throw Failure(.internalError, "blechd", "\(error)", remedy: "please report this")
    }
  }
}

extension Session {
  func openH5() throws -> H5File {
    let descriptor = try directory.openFile(h5)
    defer { try? descriptor.close() }
    return try H5File.reading(descriptor, path: directory.path(of: h5))
  }

  /// Its own, and that of its results if they go elsewhere.
  fileprivate func directories(_ source: SessionSource) throws -> [OpenDirectory] {
    [directory] + (try ResultsPlace.separateDirectory(for: self, source).map { [$0] } ?? [])
  }

  /// Nil where there is none, or it is not to be looked at.
  func executionLog(_ source: SessionSource) throws(Failure) -> ExecutionLog? {
    source.ignoresExecutionLog ? nil : try json(Self.executionLog).map(ExecutionLog.init)
  }

  /// What the execution log says for the session, or nil where there is none or it is not to be looked at.
  ///
  /// - Throws: `Failure` where the log, or its absence, speaks against working on the session.
  fileprivate func sortingEvidence(
    _ log: ExecutionLog?, _ source: SessionSource
  ) throws(Failure) -> SortingEvidence? {
    if source.ignoresExecutionLog { return nil }
    let path = directory.path(of: Self.executionLog)
    guard let log else {
      guard source.requiresExecutionLog else { return nil }
      throw Failure(
        .temporary, path, "is missing: the session is not known to be sorted", remedy: "sort it first",
        unreadiness: .notSorted)
    }
    switch log.verdict {
    case .sorted(let entry): return SortingEvidence(script: entry.script, completed: entry.time)
    case .notSorted(let attempt):
      throw Failure(
        .temporary, path,
        "says that blech_make_arrays.py has not completed: the session is not sorted yet"
          + (attempt.map { " (\($0))" } ?? ""),
        remedy: "wait for it, or use --ignore-log", unreadiness: .notSorted)
    case .beingResorted(let change, let done):
      throw Failure(
        .temporary, path,
        "says that \(change.script) ran after the spikes were put together: it is being re-sorted "
          + "(\(change); \(done))",
        remedy: "wait for blech_make_arrays.py, or use --ignore-log", unreadiness: .beingResorted)
    }
  }

  /// Why this process may not write where the results go, or nil.
  fileprivate func writingObstacle(_ source: SessionSource) -> Failure? {
    do throws(Failure) {
      try SessionReading.describing {
        if let output = source.outputDirectory {
          // An inspection writes nothing: what is not there yet is made by the commit.
          if access(output, F_OK) == 0 { try OpenDirectory(at: output).mayWrite(".") }
          guard let place = try ResultsPlace.existing(for: self, source) else { return }
          try place.directory.mayWrite(place.h5)
          try H5Transaction.checkNames(place.file)
          return
        }
        try directory.mayWrite(".")
        try directory.mayWrite(h5)
        try H5Transaction.checkNames(ResultsPlace(directory: directory, h5: h5).file)
        _ = try Artifacts.existing(in: ResultsPlace(directory: directory, h5: h5))
      }
      return nil
    } catch {
      return error
    }
  }

  /// The group of results that exist already, or nil: in this file, or where results go instead.
  fileprivate func results(_ source: SessionSource, _ own: H5File) throws -> H5Group? {
    var root = own.root
    if source.outputDirectory != nil {
      guard let place = try ResultsPlace.existing(for: self, source) else { return nil }
      let descriptor = try place.directory.openFile(place.h5)
      defer { try? descriptor.close() }
      root = try H5File.reading(descriptor, path: place.h5Path).root
    }
    return try ResultsPlace.regions(in: root)
  }
}

extension Failure {
  /// As a person is told it, with what to do.
  public init(_ error: H5Error) {
    let place = error.object.map { "\(error.path), \($0)" } ?? error.path
    let (code, remedy): (ExitCode, String) =
      switch error.code {
      case .busy: (.temporary, "")
      case .full: (.cannotWrite, "")
      case .system(let errno) where errno == EACCES || errno == EPERM:
        (.notPermitted, "run as a user who may, or grant access with chmod, chgrp or setfacl")
      case .system: (.cannotWrite, "check the disk and the permissions")
      case .leftOpen: (.badData, "")
      case .unrecovered:
        (.cannotWrite, "run blechctl recover on it, and leave it alone until then; check the disk")
      case .refused(let refusal) where !refusal.mayBeDiscarded: (.badData, "")
      case .refused:
        (
          .badData,
          "compare it with a copy; if it is good as it is, run blechctl recover --discard-journal on it"
        )
      case .library:
        (.badData, "check the file with h5dump or PyTables; restore it from a copy if it is damaged")
      case .missing, .mismatch, .unsupported: (.badData, "")
      }
    self.init(code, place, error.reason, remedy: remedy)
  }
}

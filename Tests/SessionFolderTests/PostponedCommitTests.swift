import FileAccess
import FoundationEssentials
import Glibc
import HDF5File
import TestSupport
import Testing
import Vocabulary

@testable import SessionFolder

/// Commits that find others at work, or what they left.
@Suite struct PostponedCommitTests {
  private static let wait = Duration.seconds(3600)

  private static func log(_ script: String, attempted: Int64, completed: Int64? = nil) -> String {
    let end = completed.map { #", "/opt/\#(script)": "\#(LocalTime.text($0))""# } ?? ""
    return #"""
      {"attempted": {"/opt/\#(script)": "\#(LocalTime.text(attempted))"},
       "completed": {"/opt/blech_make_arrays.py": "2026-01-01 10:00:00"\#(end)}}
      """#
  }

  /// What the commit answers when the log says that since the inspection.
  private func answer(
    to log: String, wait: Duration? = wait, _ change: (inout SessionSource) -> Void = { _ in }
  ) throws -> CommitAnswer {
    try withScratch { scratch in
      var source = MadeUpSession.source(try MadeUpSession().write(in: scratch))
      change(&source)
      let inferred = try Inferred(of: source)
      try scratch.write("AM1/execution_log.json", log)
      let before = try scratch.bytes("AM1/AM1.h5")
      let answer = try inferred.answer(pipelineWait: wait)
      if case .committed = answer { return answer }
      #expect(try scratch.bytes("AM1/AM1.h5") == before)
      #expect(access(scratch.path("AM1/rnn_output"), F_OK) != 0, "nothing is written")
      return answer
    }
  }

  private func isCommitted(_ answer: CommitAnswer) -> Bool {
    if case .committed = answer { true } else { false }
  }

  @Test func `A script that was begun a while ago is waited for`() throws {
    let begun = LocalTime.now - 600
    let script = UnfinishedScript(script: "emg_filter.py", attempted: LocalTime.text(begun))
    #expect(
      try answer(to: Self.log("emg_filter.py", attempted: begun)) == .waiting(script, until: begun + 3600))
    // Completed before it was begun again.
    let again = Self.log("emg_filter.py", attempted: begun, completed: begun - 60)
    #expect(try answer(to: again) == .waiting(script, until: begun + 3600))
  }

  @Test func `One that has ended, or was begun too long ago, is not waited for`() throws {
    let now = LocalTime.now
    #expect(isCommitted(try answer(to: Self.log("a.py", attempted: now - 600, completed: now - 600))))
    #expect(isCommitted(try answer(to: Self.log("a.py", attempted: now - 3700))))
    #expect(isCommitted(try answer(to: Self.log("a.py", attempted: now - 600), wait: nil)))
    let ignored = try answer(to: Self.log("a.py", attempted: now - 600)) { $0.ignoresExecutionLog = true }
    #expect(isCommitted(ignored))
  }

  @Test func `A log that is just being rewritten is a reason to try again`() throws {
    let failure = #expect(throws: Failure.self) { try answer(to: #"{"attempted": {"/opt/a.py"#) }
    #expect(failure?.code == .temporary)
  }

  @Test func `A session that cannot be read any more has changed`() throws {
    let resorting = Self.log("blech_process.py", attempted: LocalTime.now - 3700)
    guard case .outdated(let reason) = try answer(to: resorting) else {
      Issue.record("is not outdated")
      return
    }
    #expect(reason.contains("re-sorted"))
  }

  @Test func `An inspection names the script that was begun last`() throws {
    try withScratch { scratch in
      let directory = try MadeUpSession().write(in: scratch)
      let source = MadeUpSession.source(directory)
      #expect(try SessionReading(of: source).inspection.unfinished == nil)
      try scratch.write("AM1/execution_log.json", Self.log("emg_filter.py", attempted: 0))
      let script = UnfinishedScript(script: "emg_filter.py", attempted: LocalTime.text(0))
      #expect(try SessionReading(of: source).inspection.unfinished == script)
      var ignoring = source
      ignoring.ignoresExecutionLog = true
      #expect(try SessionReading(of: ignoring).inspection.unfinished == nil)
    }
  }
}

/// What commits that were killed have left beside the networks.
@Suite struct LeftoverTests {
  private static let ours = [
    ".params.json.1.tmp", ".warning.txt.4194304.tmp",
    ".region_all_taste_0_hidden_2_loss_mse.safetensors.77.tmp",
    ".region_gc_taste_all_hidden_8_loss_mse_loss.json.77.tmp",
    ".region_a.b_taste_1_hidden_8_loss_mse_cross_val_loss.json.77.tmp",
  ]
  private static let others = [
    "params.json.1.tmp", ".params.json.x.tmp", ".params.json..tmp", ".params.json.1", ".params.json.tmp",
    ".notes.txt.12.tmp", ".region_all.pt.12.tmp", ".1.tmp", "notes.txt", ".params.json.-1.tmp",
  ]

  private func plant(in scratch: Scratch, _ directory: String = "AM1") throws {
    try FileManager.default.createDirectory(
      atPath: scratch.path("\(directory)/rnn_output/artifacts"), withIntermediateDirectories: true)
    for name in Self.ours + Self.others {
      try scratch.write("\(directory)/rnn_output/artifacts/\(name)", "x")
    }
    // Of our name, and yet no file of ours.
    try FileManager.default.createDirectory(
      atPath: scratch.path("\(directory)/rnn_output/artifacts/.params.json.2.tmp"),
      withIntermediateDirectories: true)
  }

  private func names(_ scratch: Scratch, _ directory: String = "AM1") throws -> Set<String> {
    Set(
      try FileManager.default.contentsOfDirectory(
        atPath: scratch.path("\(directory)/rnn_output/artifacts")))
  }

  private static var stays: Set<String> { Set(others).union([".params.json.2.tmp"]) }

  @Test func `The next commit removes them, and nothing of anybody else's`() throws {
    try withScratch { scratch in
      let inferred = try Inferred(scratch)
      try plant(in: scratch)
      _ = try inferred.commit()
      let names = try names(scratch)
      #expect(names.isDisjoint(with: Self.ours))
      #expect(names.isSuperset(of: Self.stays))
    }
  }

  @Test(arguments: [false, true]) func `Recovery removes them, with or without a journal`(hasJournal: Bool)
    throws
  {
    try withScratch { scratch in
      try MadeUpSession().write(in: scratch)
      try plant(in: scratch)
      if hasJournal { try scratch.write("AM1/" + Journal.name(besides: "AM1.h5"), "not finished") }
      let found = try SessionRecovery.recover(at: scratch.path, searchesBelow: true, discardsRefused: false)
      #expect(found.count == (hasJournal ? 1 : 0))
      #expect(try names(scratch) == Self.stays)
    }
  }

  @Test func `While somebody has the .h5 locked they may be in use, and stay`() throws {
    try withScratch { scratch in
      try MadeUpSession().write(in: scratch)
      try plant(in: scratch)
      let other = open(scratch.path("AM1/AM1.h5"), O_RDONLY)
      defer { close(other) }
      #expect(flock(other, LOCK_SH) == 0)
      _ = try SessionRecovery.recover(at: scratch.path("AM1"), searchesBelow: false, discardsRefused: false)
      #expect(try names(scratch).isSuperset(of: Self.ours))
    }
  }
}

import FileAccess
import FoundationEssentials
import Glibc
import HDF5File
import Parameters
import TestSupport
import Testing
import Vocabulary

@testable import SessionFolder

@Suite struct CommitTests {
  private func regions(_ h5: String) throws -> H5Group {
    let folder = h5.split(separator: "/").dropLast().joined(separator: "/")
    let descriptor = try OpenDirectory(at: "/" + folder).openFile(String(h5.split(separator: "/").last!))
    defer { try? descriptor.close() }
    let root = try H5File.reading(descriptor, path: h5).root
    return try #require(try root.group("rnn_output")?.group("regions"))
  }

  /// Every file below the session's directory with its bytes.
  private func contents(_ scratch: Scratch, _ folder: String = MadeUpSession.name) throws -> [String: [UInt8]]
  {
    var files: [String: [UInt8]] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: scratch.path(folder)) {
      var isDirectory = false
      _ = FileManager.default.fileExists(atPath: scratch.path("\(folder)/\(name)"), isDirectory: &isDirectory)
      if !isDirectory { files[name] = try scratch.bytes("\(folder)/\(name)") }
    }
    return files
  }

  @Test func `Results land where upstream's script puts them, with what blechd adds`() throws {
    try withScratch { scratch in
      let inferred = try Inferred(scratch)
      let summary = try inferred.commit()
      let h5 = summary.h5
      #expect(h5 == scratch.path("AM1/AM1.h5"))
      let regions = try regions(h5)
      #expect(try regions.childNames() == inferred.identities.map(\.groupName))
      var total = 0
      for job in inferred.jobs {
        let result = try #require(inferred.results[job.identity])
        let group = try #require(try regions.group(job.identity.groupName))
        let rates = try #require(try group.dataset("pred_firing"))
        #expect(try rates.shape() == [job.trials, 3, 7])
        #expect(try rates.readAll(as: Double.self) == result.rates.values)
        let latent = try #require(try group.dataset("latent_out"))
        #expect(try latent.shape() == [7, job.trials, 2])
        #expect(try latent.readAll(as: Float.self) == result.latent.values)
        #expect(try group.dataset("pred_x")!.readAll(as: Int64.self) == [25, 50, 75, 100, 125, 150, 175])
        #expect(try group.dataset("time_ms")!.readAll(as: Double.self) == [-75, -50, -25, 0, 25, 50, 75])
        #expect(try group.dataset("unit_index")!.readAll(as: Int64.self) == [0, 1, 2])
        #expect(try group.attribute("fingerprint") == .text(job.fingerprint))
        #expect(try group.attribute("taste_name") == .text(job.tasteName))
        #expect(try group.attribute("stimulus_ms") == .integer(100))
        total += try rates.shape().reduce(8, *) + latent.shape().reduce(4, *) + 7 * 16 + 3 * 8
      }
      #expect(summary.bytes == total)
      #expect(
        try SessionReading(of: inferred.source).inspection.jobs.map(\.existing) == [.current, .current])
    }
  }

  @Test func `Committing some jobs leaves other results, and everything else in the file, as it was`() throws
  {
    try withScratch { scratch in
      let directory = try MadeUpSession().write(in: scratch)
      try MadeUpSession.change(directory) { root in
        let regions = try root.createGroup("rnn_output").createGroup("regions")
        try regions.createGroup("region_gc_taste_0").createArray("pred_firing", [7] as [Double], shape: [1])
        try root.group("rnn_output")!.createGroup("taste_0")
      }
      let inferred = try Inferred(scratch)
      _ = try inferred.commit([inferred.identities[1]])
      let other = try Inferred(scratch) { $0.seed = 5 }
      let h5 = try other.commit([other.identities[0]]).h5
      let regions = try regions(h5)
      #expect(try regions.childNames() == ["region_all_taste_0", "region_all_taste_1", "region_gc_taste_0"])
      #expect(try regions.group("region_gc_taste_0")!.dataset("pred_firing")!.readAll(as: Double.self) == [7])
      for (job, run) in [(0, other), (1, inferred)] {
        let rates: [Double] = try regions.group("region_all_taste_\(job)")!.dataset("pred_firing")!.readAll()
        #expect(rates == run.results[run.identities[job]]!.rates.values)
      }
    }
  }

  @Test func `Stamps that moved over equal content do not stop a commit`() throws {
    try withScratch { scratch in
      let inferred = try Inferred(scratch)
      let info = try scratch.text("AM1/AM1.info")
      try scratch.write("AM1/AM1.info", info)
      utimensat(AT_FDCWD, scratch.path("AM1/AM1.h5"), [timespec(tv_sec: 1, tv_nsec: 0), timespec()], 0)
      #expect(throws: Never.self) { try inferred.commit() }
    }
  }

  @Test func `Content that changed is not committed to, and nothing is written`() throws {
    try withScratch { scratch in
      let inferred = try Inferred(scratch)
      var changed = MadeUpSession()
      changed.tastes[1].changes = [[0, 0, 0]: MadeUpSession.spike(0, 0, 0) + 1]
      try FileManager.default.removeItem(atPath: scratch.path("AM1/AM1.h5"))
      try changed.writeH5(at: scratch.path("AM1/AM1.h5"))
      let before = try contents(scratch)
      let job = inferred.identities[1]
      #expect(
        try inferred.answer()
          == .outdated("has changed while \(job) was inferred; the results are thrown away"))
      #expect(try contents(scratch) == before)
      // What did not change is committed all the same.
      #expect(throws: Never.self) { try inferred.commit([inferred.identities[0]]) }
    }
  }

  @Test(arguments: [false, true])
  func `Results that another program wrote meanwhile are kept unless the site replaces them`(
    replaces: Bool
  ) throws {
    try withScratch { scratch in
      let directory = try MadeUpSession().write(in: scratch)
      var source = MadeUpSession.source(directory)
      source.replacesForeign = replaces
      let inferred = try Inferred(of: source)
      try MadeUpSession.change(directory) {
        try $0.createGroup("rnn_output").createGroup("regions").createGroup("region_all_taste_0")
      }
      if replaces {
        #expect(throws: Never.self) { try inferred.commit() }
        #expect(try SessionReading(of: source).inspection.jobs.map(\.existing) == [.current, .current])
      } else {
        guard case .outdated(let reason) = try inferred.answer() else {
          Issue.record("was written over")
          return
        }
        #expect(reason.contains("another program has written"))
      }
    }
  }

  @Test(arguments: [0, 1]) func `A result that cannot be loaded leaves the .h5 as it was`(missing: Int) throws
  {
    try withScratch { scratch in
      let inferred = try Inferred(scratch)
      let before = try contents(scratch)
      let lost = inferred.identities[missing]
      #expect(
        try inferred.answer { $0.identity == lost ? nil : inferred.results[$0.identity]! } == .missing([lost])
      )
      #expect(try inferred.answer { _ in nil } == .missing(inferred.identities))
      #expect(try contents(scratch) == before)
    }
  }

  @Test func `An .h5 that another program holds is left alone, artifacts included`() throws {
    try withScratch { scratch in
      let inferred = try Inferred(scratch)
      let other = open(scratch.path("AM1/AM1.h5"), O_RDONLY)
      defer { close(other) }
      #expect(flock(other, LOCK_SH) == 0)
      let before = try contents(scratch)
      let failure = #expect(throws: Failure.self) { try inferred.commit() }
      #expect(failure?.code == .temporary)
      #expect(try contents(scratch) == before)
    }
  }

  @Test func `Results that go elsewhere leave the session untouched`() throws {
    try withScratch { scratch in
      try MadeUpSession().write(in: scratch)
      let before = try contents(scratch)
      let inferred = try Inferred(scratch, output: scratch.path("out/of/the/way"))
      let h5 = try inferred.commit().h5
      #expect(h5 == scratch.path("out/of/the/way/AM1/AM1_rnn_output.h5"))
      #expect(try contents(scratch) == before)
      #expect(try regions(h5).childNames() == inferred.identities.map(\.groupName))
      #expect(
        try SessionReading(of: inferred.source).inspection.jobs.map(\.existing) == [.current, .current])
      let own = MadeUpSession.source(scratch.path("AM1"))
      #expect(try SessionReading(of: own).inspection.jobs.map(\.existing) == [.none, .none])
      #expect(SessionReading.savedModel(of: inferred.jobs[0], inferred.inspection.parameters, in: own) == nil)
      #expect(throws: Never.self) { try inferred.commit() }
    }
  }

  @Test func `The session's own directory is no place elsewhere`() throws {
    try withScratch { scratch in
      let directory = try MadeUpSession().write(in: scratch)
      let before = try contents(scratch)
      let failure = #expect(throws: Failure.self) {
        try SessionReading(of: MadeUpSession.source(directory, output: scratch.path))
      }
      #expect(failure?.code == .usage)
      #expect(try contents(scratch) == before, "a second .h5 would make the session unreadable")
    }
  }
}

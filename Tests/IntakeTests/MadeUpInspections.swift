import Parameters
import SystemPackage
import Vocabulary
import Watching

@testable import Intake

/// Stamps, reports and inspections as a watch and a worker would make them.
enum MadeUp {
  static let files: [FileName] = ["s.h5", "s.info", "execution_log.json"]

  static func stamp(_ version: Int64) -> Stamp {
    Stamp(
      device: 1, inode: 7, size: version, modified: version * 1_000_000_000, changed: version * 1_000_000_000)
  }

  static func stamps(_ version: Int64) -> [FileName: Stamp] {
    Dictionary(uniqueKeysWithValues: files.map { ($0, stamp(version)) })
  }

  static func report(
    _ path: FilePath, _ state: DirectoryReport.State, inode: UInt64? = nil, root: Int = 0, tree: Int = 0,
    device: UInt64 = 1
  ) -> RootReport {
    let inode = inode ?? path.string.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) }
    return RootReport(
      root: root, tree: tree,
      report: DirectoryReport(path: path, identity: FileIdentity(device: device, inode: inode), state: state))
  }

  static func settled(
    _ path: FilePath, version: Int64 = 1, inode: UInt64? = nil, root: Int = 0, tree: Int = 0,
    device: UInt64 = 1
  ) -> RootReport {
    report(path, .settled(stamps(version)), inode: inode, root: root, tree: tree, device: device)
  }

  static func changing(_ path: FilePath, inode: UInt64? = nil) -> RootReport {
    report(path, .changing(since: .now, keepsChanging: false), inode: inode)
  }

  static func job(_ taste: Int, _ existing: ExistingResult = .none, fingerprint: String = "f") -> PlannedJob {
    PlannedJob(
      identity: JobIdentity(region: "all", taste: .index(taste)), digIns: ["dig_in_\(taste)"],
      tasteName: "water",
      unitRows: [0, 1], trialsPerTaste: [30], laserTrials: 0, fingerprint: "\(fingerprint)\(taste)",
      existing: existing)
  }

  static func inspection(
    version: Int64 = 1, sorted: String? = "2026-05-01 12:00:00", _ jobs: [PlannedJob] = [job(0), job(1)],
    obstacle: Failure? = nil
  ) -> Inspection {
    Inspection(
      name: "s", h5: "s.h5",
      stamps: Dictionary(uniqueKeysWithValues: files.map { ($0.text!, stamp(version)) }),
      sorting: sorted.map { SortingEvidence(script: "blech_make_arrays.py", completed: $0) },
      parameters: .default,
      stimulus: 2000, jobs: jobs, notices: [], obstacle: obstacle)
  }
}

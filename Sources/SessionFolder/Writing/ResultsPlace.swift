import FileAccess
import HDF5File
import SystemPackage
import Vocabulary

/// Where a session's results go: into the session, or below a directory that a person named.
public struct ResultsPlace {
  /// Holds the .h5 and, in `rnn_output/artifacts`, the networks.
  let directory: OpenDirectory
  /// The .h5's name.
  let h5: String

  var h5Path: String { directory.path(of: h5) }
  /// The .h5 as it is changed.
  var file: H5Place { H5Place(directory: directory.descriptor, name: h5, path: h5Path) }

  /// The place for `session`'s results, or nil where it lies elsewhere and is not there yet.
  static func existing(for session: Session, _ source: SessionSource) throws -> ResultsPlace? {
    guard source.outputDirectory != nil else {
      return ResultsPlace(directory: session.directory, h5: session.h5)
    }
    guard let directory = try separateDirectory(for: session, source) else { return nil }
    let place = ResultsPlace(directory: directory, h5: separateName(of: session))
    return try directory.stamp(of: place.h5) == nil ? nil : place
  }

  /// The directory of results that go elsewhere, or nil where none do or it is not there yet.
  static func separateDirectory(for session: Session, _ source: SessionSource) throws -> OpenDirectory? {
    guard let output = source.outputDirectory else { return nil }
    let parent: OpenDirectory
    do {
      parent = try OpenDirectory(at: output)
    } catch {
      if error.reason == .system(.noSuchFileOrDirectory) { return nil }
      throw error
    }
    guard let directory = try parent.subdirectory(session.name) else { return nil }
    if try directory.isSame(as: session.directory) {
      // A second .h5 would be written there, and the session could not be read again.
      throw Failure(
        .usage, output, "holds the session itself", remedy: "name another directory for the results")
    }
    return directory
  }

  /// The same as `existing`, created where it is not there yet.
  static func making(for session: Session, _ source: SessionSource) throws -> ResultsPlace {
    if let place = try existing(for: session, source) { return place }
    let output = try OpenDirectory(creatingAt: source.outputDirectory!)
    let directory = try output.makeSubdirectory(session.name)
    let place = ResultsPlace(directory: directory, h5: separateName(of: session))
    if try directory.stamp(of: Journal.name(besides: place.h5)) != nil {
      throw Failure(
        .temporary, place.h5Path, "is gone, and the journal of an interrupted commit is still there",
        remedy: "run blechctl recover on its directory")
    }
    try directory.writeNew(place.h5) { try H5File.creating(at: $0, title: session.name).close() }
    return place
  }

  /// The group that holds all results, or nil.
  ///
  /// - Throws: `H5Error` where a person has linked to it under another name: results would change there as well.
  static func regions(in root: H5Group) throws(H5Error) -> H5Group? {
    guard let output = try root.group(outputGroup) else { return nil }
    try output.checkOneName()
    let regions = try output.group(regionsGroup)
    try regions?.checkOneName()
    return regions
  }

  private static func separateName(of session: Session) -> String { session.name + "_rnn_output.h5" }

  static let outputGroup = "rnn_output"
  static let regionsGroup = "regions"

  /// What the place already holds for a job.
  ///
  /// - Parameter stimulus: in ms from the trial's start. The fingerprint knows no more than its bin, `time_ms`
  ///   depends on all of it.
  static func existing(
    _ job: JobIdentity, fingerprint: String, stimulus: Int, in regions: H5Group?
  ) throws(H5Error) -> ExistingResult {
    guard let group = try regions?.group(job.groupName) else { return .none }
    guard case .text(let software) = try group.attribute(ResultsWriter.softwareName),
      software.hasPrefix(Software.title)
    else { return .foreign }
    guard try group.attribute(ResultsWriter.fingerprintName) == .text(fingerprint) else { return .stale }
    // A group that lost its arrays is no result.
    for array in ResultsWriter.arrays where try !group.contains(array) { return .stale }
    return try group.attribute("stimulus_ms") == .integer(Int64(stimulus)) ? .current : .stale
  }
}

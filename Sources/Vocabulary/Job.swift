/// What tells one job of a session from its others: the region and the taste.
public struct JobIdentity: Codable, Hashable, Sendable, CustomStringConvertible {
  /// A region of the session's `.info`, or `all`.
  public var region: String
  public var taste: TasteIdentity

  public init(region: String, taste: TasteIdentity) {
    self.region = region
    self.taste = taste
  }

  /// The region's name where units are not told apart by region.
  public static let allRegions = "all"

  /// The name of the job's group below `/rnn_output/regions`, as upstream's script names it.
  public var groupName: String { "region_\(region)_taste_\(taste)" }

  public var description: String { "region \(region), taste \(taste)" }
}

/// One job of a session, as an inspection plans it.
public struct PlannedJob: Codable, Equatable, Sendable {
  public var identity: JobIdentity
  /// The digital inputs whose trials the job uses, in taste order.
  public var digIns: [String]
  /// The taste's name in the session's `.info`, or its digital input's.
  public var tasteName: String
  /// The job's units: rows of `/unit_descriptor` and of the second axis of the spike arrays.
  public var unitRows: [Int]
  /// Trials of each digital input, in the order of `digIns`.
  public var trialsPerTaste: [Int]
  /// How many of the trials were laser trials.
  public var laserTrials: Int
  /// 64 hexadecimal digits that determine the job's result.
  public var fingerprint: String
  public var existing: ExistingResult

  public var trials: Int { trialsPerTaste.reduce(0, +) }

  public init(
    identity: JobIdentity, digIns: [String], tasteName: String, unitRows: [Int], trialsPerTaste: [Int],
    laserTrials: Int, fingerprint: String, existing: ExistingResult
  ) {
    self.identity = identity
    self.digIns = digIns
    self.tasteName = tasteName
    self.unitRows = unitRows
    self.trialsPerTaste = trialsPerTaste
    self.laserTrials = laserTrials
    self.fingerprint = fingerprint
    self.existing = existing
  }
}

extension PlannedJob {
  /// Whether the job is to be inferred.
  ///
  /// - Parameters:
  ///   - retrains: whatever is there already.
  ///   - replacesForeign: where something else wrote the result that is there.
  public func needsWork(retrains: Bool, replacesForeign: Bool) -> Bool {
    switch existing {
    case .none, .stale: true
    case .current: retrains
    case .foreign: retrains || replacesForeign
    }
  }
}

/// What the session's .h5 already holds for a job.
public enum ExistingResult: String, Codable, Sendable {
  /// Nothing.
  case none
  /// The result of these data and parameters.
  case current
  /// blechd's result of other data or parameters.
  case stale
  /// A result that something other than blechd wrote.
  case foreign
}

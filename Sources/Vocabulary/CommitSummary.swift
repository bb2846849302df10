/// What a commit wrote.
public struct CommitSummary: Codable, Equatable, Sendable {
  /// The .h5 that holds the results.
  public var h5: String
  /// Bytes of arrays written.
  public var bytes: Int
  /// How long the commit took from taking the lock to giving it back, in ms.
  public var ms: Double
  /// How long the .h5 was neither its old nor its new self, in ms; 0 where nothing had to be written.
  public var exposedMs: Double

  public init(h5: String, bytes: Int, ms: Double, exposedMs: Double) {
    self.h5 = h5
    self.bytes = bytes
    self.ms = ms
    self.exposedMs = exposedMs
  }
}

/// How sessions of one root are judged.
public struct IntakeRoot: Equatable, Sendable {
  public let backlog: BacklogRule
  /// Higher first.
  public let priority: Int

  public init(backlog: BacklogRule, priority: Int = 0) {
    self.backlog = backlog
    self.priority = priority
  }
}

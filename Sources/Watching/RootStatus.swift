/// How one root is watched.
public struct RootStatus: Equatable, Sendable {
  public let root: TreeStatus
  /// The file systems that are mounted inside it.
  public let nested: [TreeStatus]

  public var trees: [TreeStatus] { [root] + nested }
}

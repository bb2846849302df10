/// Runs a command of the machine's owner to its end, within the worker's limits. Answer: `.notified`; a command that
/// cannot be started, or ends with anything but 0, is an error.
public struct NotifyTask: Codable, Equatable, Sendable {
  /// The program's absolute path, then what it is handed.
  public var arguments: [String]
  /// What it reads on its stdin. It need not read it.
  public var input: String

  public init(arguments: [String], input: String) {
    self.arguments = arguments
    self.input = input
  }
}

/// Runs a command of the machine's owner to its end, within the worker's limits. Answer: `.notified`; a command that
/// cannot be started, or ends with anything but 0, is an error.
///
/// The command inherits all limits. `RLIMIT_DATA` among them holds for each of its processes, and counts memory that is
/// asked for, not what is used: a program that asks for much more than it uses, such as a Java machine, may not start.
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

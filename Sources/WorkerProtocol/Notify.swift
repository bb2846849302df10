/// Runs a command of the machine's owner and waits for its end. Answer: `.notified`.
///
/// The command inherits the worker's limits. `RLIMIT_DATA` among them counts memory that is asked for, not what is used:
/// programs that ask for much more than they use, such as those of a Java machine, may need a larger bound to begin.
public struct NotifyTask: Codable, Equatable, Sendable {
  /// The program's absolute path, and what it is called with.
  public var arguments: [String]
  /// What the program reads on its stdin, to the end.
  public var input: String

  public init(arguments: [String], input: String) {
    self.arguments = arguments
    self.input = input
  }
}

/// A parameter that cannot be used, with the rule that it breaks and what to do instead.
public struct ParameterError: Error, Equatable, CustomStringConvertible, Sendable {
  /// The parameter's name as in `blechrnn_params.json`.
  public var parameter: String
  public var value: String
  /// What must hold, and how to get there.
  public var rule: String

  public init(parameter: String, value: String, rule: String) {
    self.parameter = parameter
    self.value = value
    self.rule = rule
  }

  public var description: String { "\(parameter) = \(value): \(rule)" }
}

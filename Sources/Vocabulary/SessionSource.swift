import Parameters

/// A session, and how it is to be read.
public struct SessionSource: Codable, Equatable, Sendable {
  /// The session's directory.
  public var directory: String
  /// What the command line sets.
  public var overrides: ParameterOverrides
  /// What the site's configuration sets: below the session's own `blechrnn_params.json`, above the defaults.
  public var siteParameters: ParameterOverrides
  /// Leave every parameter file out, and the site's parameters.
  public var ignoresFiles: Bool
  /// A session without an execution log counts as sorted (false) or not (true).
  public var requiresExecutionLog: Bool
  /// Do not look at the execution log at all.
  public var ignoresExecutionLog: Bool
  /// Results that something else wrote are inferred anew and replaced (true) or kept.
  public var replacesForeign: Bool
  /// Where results go instead of into the session, or nil.
  public var outputDirectory: String?

  public init(
    directory: String, overrides: ParameterOverrides = .init(), siteParameters: ParameterOverrides = .init(),
    ignoresFiles: Bool = false, requiresExecutionLog: Bool = false, ignoresExecutionLog: Bool = false,
    replacesForeign: Bool = false, outputDirectory: String? = nil
  ) {
    self.directory = directory
    self.overrides = overrides
    self.siteParameters = siteParameters
    self.ignoresFiles = ignoresFiles
    self.requiresExecutionLog = requiresExecutionLog
    self.ignoresExecutionLog = ignoresExecutionLog
    self.replacesForeign = replacesForeign
    self.outputDirectory = outputDirectory
  }
}

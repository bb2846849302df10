import Parameters

/// What the machine's owner sets: everything in `blechd.yaml`.
public struct Configuration: Equatable, Sendable {
  /// The folders that are watched, none of them below another. Empty only in `default`.
  public var watch: [WatchedRoot]
  /// How long a session's files must not have changed before it is worked on.
  public var settle = Duration.seconds(10)
  /// How long a commit waits for a script of blech_clust that was begun after the sorting was done.
  public var pipelineWait = Duration.minutes(120)
  /// Whether a session without an `execution_log.json` counts as unsorted.
  public var requiresExecutionLog = true
  /// Whether results that blechd did not write are replaced, or kept.
  public var replacesForeignResults = false
  /// Parameters from a `blechrnn_params.json` for all sessions.
  public var inferenceFile: InferenceFile?
  /// Parameters that the configuration itself sets.
  public var inference = ParameterOverrides()
  public var figures = Figures()
  public var limits = Limits()
  public var retry = Retry()
  public var history = History()
  /// A program, by its absolute path, with its arguments, that is run after a session ends; never empty.
  public var notifyCommand: [String]?
  /// The name of the group whose members may steer the daemon.
  public var controlGroup: String?

  /// Every default. It watches nothing, as no file may.
  public static let `default` = Configuration(watch: [])

  /// The largest file that is read.
  public static let sizeLimitBytes = 1 << 20

  public init(watch: [WatchedRoot]) { self.watch = watch }

  /// The parameters that hold for every session unless its own `blechrnn_params.json` or a person says
  /// otherwise: those of the inference file over those of the configuration.
  public var siteParameters: ParameterOverrides {
    inferenceFile?.parameters.layered(over: inference) ?? inference
  }
}

extension Configuration {
  /// A `blechrnn_params.json`, as it was when the configuration was loaded.
  public struct InferenceFile: Equatable, Sendable {
    /// Absolute.
    public var path: String
    public var parameters: ParameterOverrides
    /// Its keys that mean nothing to blechd.
    public var ignoredKeys: [String]

    public init(path: String, parameters: ParameterOverrides, ignoredKeys: [String] = []) {
      self.path = path
      self.parameters = parameters
      self.ignoredKeys = ignoredKeys
    }
  }

  /// What is drawn of a session's results.
  public struct Figures: Equatable, Sendable {
    public enum Selection: String, CaseIterable, Sendable {
      case all, summary, none
    }
    public enum Format: String, CaseIterable, Sendable {
      case png
    }

    public var set = Selection.all
    public var format = Format.png
    /// Dots per inch.
    public var dpi = 100

    public init() {}
  }

  /// How often and how soon a job that failed for a passing cause is tried again.
  public struct Retry: Equatable, Sendable {
    /// The first one included.
    public var attempts = 5
    public var firstDelay = Duration.seconds(30)
    /// The delay doubles up to this; not less than `firstDelay`.
    public var longestDelay = Duration.seconds(3600)

    public init() {}
  }

  /// How much of what was done is remembered.
  public struct History: Equatable, Sendable {
    public var days = 365
    public var rows = 100_000

    public init() {}
  }
}

extension Duration {
  static func minutes(_ count: Int) -> Duration { .seconds(60 * count) }
}

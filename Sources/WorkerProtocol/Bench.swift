/// Times a training step, reading and a commit. Answer: `.benched`.
public struct BenchTask: Codable, Equatable, Sendable {
  public var bins: Int
  public var trials: Int
  public var inputs: Int
  public var hidden: Int
  public var steps: Int
  /// An empty directory for a synthetic session; nil times the step alone.
  public var folder: String?

  public init(bins: Int, trials: Int, inputs: Int, hidden: Int, steps: Int, folder: String?) {
    self.bins = bins
    self.trials = trials
    self.inputs = inputs
    self.hidden = hidden
    self.steps = steps
    self.folder = folder
  }
}

/// How fast a worker is on this machine.
public struct BenchResult: Codable, Equatable, Sendable {
  /// What the kernels were built for.
  public var isa: String
  /// One training step, in ms.
  public var stepMs: Double
  /// 10^9 floating-point operations per second, of the step and of fused multiply-adds in registers.
  public var gflops: Double
  public var peakGflops: Double
  /// The step's share of the peak, 0...1.
  public var peakShare: Double
  public var session: Session?

  /// Of a synthetic session: 4 tastes x 30 trials x 40 units x 7000 ms.
  public struct Session: Codable, Equatable, Sendable {
    /// From the file to counts, in ms, and MB of the window per second.
    public var readMs: Double
    public var readMbPerS: Double
    /// The same bytes through plain reads.
    public var plainReadMbPerS: Double
    /// Writing the results of all tastes, in ms.
    public var commitMs: Double
    /// Reading, 2,000 steps for each taste on one core, and the commit.
    public var estimateS: Double

    public init(
      readMs: Double, readMbPerS: Double, plainReadMbPerS: Double, commitMs: Double, estimateS: Double
    ) {
      self.readMs = readMs
      self.readMbPerS = readMbPerS
      self.plainReadMbPerS = plainReadMbPerS
      self.commitMs = commitMs
      self.estimateS = estimateS
    }
  }

  public init(
    isa: String, stepMs: Double, gflops: Double, peakGflops: Double, peakShare: Double, session: Session?
  ) {
    self.isa = isa
    self.stepMs = stepMs
    self.gflops = gflops
    self.peakGflops = peakGflops
    self.peakShare = peakShare
    self.session = session
  }
}

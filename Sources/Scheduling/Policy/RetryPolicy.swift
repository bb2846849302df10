import Configuration
import Vocabulary

/// Whether, and when, what failed is tried again.
public struct RetryPolicy: Equatable, Sendable {
  public enum Verdict: Equatable, Sendable {
    /// Its end says nothing about it.
    case atOnce
    case again(after: Duration, Tries)
    case never(Tries)
  }

  private let retry: Configuration.Retry

  /// A job that breaks its bounds, or crashes, does so again; once it may have been the machine.
  private static let mostBreaches = 2
  /// The share of a delay that chance decides about, so that what failed together is not tried together.
  private static let jitter = 0.2

  public init(_ retry: Configuration.Retry) { self.retry = retry }

  public var longestDelay: Duration { retry.longestDelay }

  /// - Parameters:
  ///   - tries: before this one.
  ///   - chance: 0..<1, at random.
  public func verdict(on reason: ExitReason, _ failure: Failure, tries: Tries, chance: Double) -> Verdict {
    var tries = tries
    switch Self.kind(of: reason, failure) {
    case .nobodysFault: return .atOnce
    case .final:
      tries.attempts += 1
      return .never(tries)
    case .passing: tries.attempts += 1
    case .breach:
      tries.attempts += 1
      tries.breaches += 1
      if tries.breaches >= Self.mostBreaches { return .never(tries) }
    }
    guard tries.attempts < retry.attempts else { return .never(tries) }
    return .again(after: delay(after: tries.attempts, chance: chance), tries)
  }

  /// What keeps results from being written is tried again for as long as it lasts: the results are there, and a file
  /// that somebody has open all day is free in the evening.
  public func commitVerdict(on reason: ExitReason, _ failure: Failure, tries: Tries, chance: Double)
    -> Verdict
  {
    var tries = tries
    tries.attempts += 1
    switch Self.kind(of: reason, failure) {
    case .final: return .never(tries)
    case .breach where tries.breaches + 1 >= Self.mostBreaches: return .never(tries)
    case .breach: tries.breaches += 1
    case .nobodysFault, .passing: break
    }
    return .again(after: delay(after: tries.attempts, chance: chance), tries)
  }

  /// Doubles from the first to the longest.
  func delay(after attempts: Int, chance: Double) -> Duration {
    let doubled = retry.firstDelay * (1 << min(max(attempts - 1, 0), 30))
    return min(doubled, retry.longestDelay) * (1 - Self.jitter * chance)
  }

  private enum Kind {
    case nobodysFault
    case passing
    case breach
    case final
  }

  private static func kind(of reason: ExitReason, _ failure: Failure) -> Kind {
    switch reason {
    case .lost, .cancelled: .nobodysFault
    case .killed, .notStarted: .passing
    case .outOfMemory, .wallTime, .silent, .crashed: .breach
    case .finished, .failed: isPassing(failure.code) ? .passing : .final
    }
  }

  /// Files come back, disks are emptied, rights are granted.
  private static func isPassing(_ code: ExitCode) -> Bool {
    switch code {
    case .temporary, .cannotWrite, .noInput, .notPermitted, .interrupted, .unavailable: true
    case .success, .partial, .usage, .badData, .internalError, .badConfiguration: false
    }
  }
}

import Vocabulary
import WorkerProtocol

/// What came of the inspection of one session.
public enum InspectionOutcome: Equatable, Sendable {
  case inspected(Inspection)
  /// Journals of interrupted commits lie in these directories.
  case needsRecovery([String])
  case failed(Failure)
}

extension InspectionOutcome {
  /// What a worker's answer to an inspection, or its failure, comes to.
  public init(_ answer: () async throws(Failure) -> WorkerMessage.Outcome) async {
    do throws(Failure) {
      switch try await answer() {
      case .inspected(let inspection): self = .inspected(inspection)
      case .needsRecovery(let directories): self = .needsRecovery(directories)
      default: throw .unexpectedAnswer
      }
    } catch {
      self = .failed(error)
    }
  }
}

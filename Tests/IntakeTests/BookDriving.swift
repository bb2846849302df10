import SystemPackage
import Testing
import Vocabulary
import Watching

@testable import Intake

/// Lets the next session be inspected, with that outcome.
func inspect(
  _ book: inout SessionBook, _ outcome: InspectionOutcome, at now: Moment = .now
) throws -> [SessionBook.Effect] {
  let next = book.nextInspection()
  let assignment = try #require(next)
  return book.take(outcome, of: assignment, at: now)
}

/// Effects in words.
func names(_ effects: [SessionBook.Effect]) -> [String] {
  effects.map { effect in
    switch effect {
    case .decided(let path, let standing): "\(path.lastComponent!): \(standing.name)"
    case .enqueue(let path, let work):
      (work.retrains ? "retrain" : "enqueue")
        + " \(path.lastComponent!) \(work.fingerprints.joined(separator: ","))"
    case .withdraw(let path): "withdraw \(path.lastComponent!)"
    case .prioritise(let path, let priority): "\(path.lastComponent!) has priority \(priority)"
    case .recheck(let path): "recheck \(path.lastComponent!)"
    case .requested(let path, let request):
      "\(path.lastComponent!) " + (request.map { "is to \($0.rawValue)" } ?? "is answered")
    }
  }
}

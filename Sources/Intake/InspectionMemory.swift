import Vocabulary
import Watching

/// Inspections of earlier times, so that nothing is read twice.
public struct InspectionMemory: Sendable {
  /// What is known of a session whose files have these stamps, by its directory and `InspectionKey`.
  public typealias Recall = @Sendable (SessionSource, SessionStamps) async -> Inspection?
  public typealias Remember = @Sendable (SessionSource, Inspection) async -> Void

  private let recall: Recall
  private let remember: Remember

  public init(
    recall: @escaping Recall = { _, _ in nil }, remember: @escaping Remember = { _, _ in }
  ) {
    self.recall = recall
    self.remember = remember
  }

  /// What is known of a session, or what reading it comes to.
  ///
  /// Failures pass, and what is in the way of writing does: neither is remembered.
  ///
  /// - Parameter settled: the stamps that the watch saw settle; nil: it is to be read.
  public func outcome(
    of source: SessionSource, settled: [FileName: Stamp]?, reading: () async -> InspectionOutcome
  ) async -> InspectionOutcome {
    // Of all files and not only of those that were read then: a parameter file that has come since decides too.
    if let stamps = settled.flatMap(SessionStamps.init), let known = await recall(source, stamps),
      known.stamps == stamps, known.obstacle == nil
    {
      return .inspected(known)
    }
    let outcome = await reading()
    if case .inspected(let inspection) = outcome, inspection.obstacle == nil {
      await remember(source, inspection)
    }
    return outcome
  }
}

extension SessionStamps {
  /// Nil where a name is no text, as no file of a session has it.
  fileprivate init?(_ settled: [FileName: Stamp]) {
    self.init()
    for (name, stamp) in settled {
      guard let text = name.text else { return nil }
      self[text] = stamp
    }
  }
}
